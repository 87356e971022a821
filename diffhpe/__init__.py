"""Lift 2D human poses to 3D with diffusion models.

The names below are imported when they are first used, so `import diffhpe` costs nothing:

    from diffhpe import read_keypoints, lift_video, export_motion

Each module is a numbered notebook of the same name; it imports from lower numbers only, so the numbers are a map:

    00 body        core, safe_files, skeleton, camera, viz, view, level, radius, rotations, bvh, bvh_reader, placement, synthetic_body, synthetic_paths
    10 data        occlusion, formats, body_check, synthetic, detector_noise, data, flat_files, h36m, motion, filming, mpi_inf_3dhp, loader, datasets, virtual_detector, virtual
    20 models      mixste, gcn, gcn_fast, schedule, samplers, networks, condition, lifter, presets, released, checkpoint, lifting
    30 training    processes, training, callbacks, muon, recipes
    40 evaluation  metrics, scores, hypotheses, tally, evaluation, calibration, baselines, comparison
    50 studies     tasks, masks, occlusion_study, tables, study_tables
    60 own videos  detections, tracks, h5_tables, readers, json_readers, table_readers, export, file_meaning, keypoints, detectors, video_input, video_output, video, live, onnx, camera_study
    70 to look at  animate, player, widgets, render, film, video_calibration, lift_files
    80 report      report, demo, demo_report
    90 commands    cli, lift_cli, live_cli, study_cli, viz_cli, train_cli, eval_cli, launch
"""
__version__ = "0.1.0"

_FRONT = { # {who comes: {name: module}}
    'A video': dict(read_keypoints='keypoints', lift_video='video', export_motion='export', read_motion='export',
                    save_player='player', LiveLifter='live'),
    'A model': dict(load_lifter='checkpoint', get_preset='presets', make_lifter='lifter', get_recipe='recipes', train_lifter='recipes'),
    'Data':    dict(load_data='datasets', synthetic_data='data', split='data', Occlusion='occlusion', get_skeleton='skeleton'),
    'Results': dict(get_protocol='evaluation', evaluate='evaluation', system_table='tables', run_study='occlusion_study'),
    'Anyone':  dict(plot_2d='viz', plot_3d='viz', DiffhpeError='core')}
_MODULE_OF = {name: module for names in _FRONT.values() for name,module in names.items()}

TYPE_CHECKING = False # editors and type checkers take it as true, and see what `__getattr__` imports
if TYPE_CHECKING:
    from .keypoints import read_keypoints
    from .video import lift_video
    from .export import export_motion, read_motion
    from .player import save_player
    from .live import LiveLifter
    from .checkpoint import load_lifter
    from .presets import get_preset
    from .lifter import make_lifter
    from .recipes import get_recipe, train_lifter
    from .datasets import load_data
    from .data import synthetic_data, split
    from .occlusion import Occlusion
    from .skeleton import get_skeleton
    from .evaluation import get_protocol, evaluate
    from .tables import system_table
    from .occlusion_study import run_study
    from .viz import plot_2d, plot_3d
    from .core import DiffhpeError

__all__ = ['__version__', *_MODULE_OF]

def __getattr__(name):
    "A name of the front door, imported when it is first asked for"
    if name not in _MODULE_OF:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}; its names: {", ".join(_MODULE_OF)}')
    from importlib import import_module
    value = getattr(import_module(f'.{_MODULE_OF[name]}', __name__), name)
    globals()[name] = value
    return value

def __dir__(): return sorted({*globals(), *_MODULE_OF})
