"`python -m diffhpe`: the command `diffhpe`, see `launch`"
import sys
from .launch import main

if __name__=='__main__': sys.exit(main())
