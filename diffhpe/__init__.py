"Lift 2D human poses to 3D with diffusion models"
__version__ = "0.1.0"
