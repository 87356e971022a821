"""Kernels that begin where the large packages are already imported: seconds sooner than those that Jupyter starts.

`IMPORTED` is imported once, by the fork server of `nbtest.py`; the process of a notebook forks its kernel from there.
No name of them is known to the notebook before it imports it. A tutorial gets a kernel as Jupyter starts it."""
import asyncio, os, signal, sys, traceback
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from jupyter_client.connect import write_connection_file
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerBase

# not pandas: where it is imported decides how wide its tables may be
IMPORTED = ['nbrun','ipykernel.kernelapp','torch','matplotlib.pyplot']
FIGURES = 'module://matplotlib_inline.backend_inline' # as a kernel sets it, which is too late for what is imported

class Forked(KernelProvisionerBase):
    "A kernel's process, a child of this one"
    pid = None  # None: it has ended
    code = None # exit code; None: it has not ended

    @property
    def has_process(self):
        return self.pid is not None

    async def poll(self):
        if self.pid is None: return self.code
        ended,status = os.waitpid(self.pid, os.WNOHANG)
        if not ended: return None
        self.pid = None
        self.code = os.waitstatus_to_exitcode(status)
        return self.code

    async def wait(self):
        while await self.poll() is None:
            await asyncio.sleep(.02)
        return self.code

    async def send_signal(self, signum):
        if await self.poll() is None:
            os.kill(self.pid, signum)

    async def kill(self, restart=False):
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart=False):
        await self.send_signal(signal.SIGTERM)

    async def launch_kernel(self, cmd, **kwargs):
        raise NotImplementedError('a forked kernel is started once, by `forked_kernel`')

    async def cleanup(self, restart=False):
        pass

    def end(self):
        "End the process, if it has not ended"
        if self.pid is None: return
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.pid = None

def serve(connection, folder, parent):
    "What the process of a kernel does, until it is asked to stop or its parent ends"
    from ipykernel.kernelapp import IPKernelApp
    os.chdir(folder)
    sys.path.insert(0, '') # as for every kernel
    how = [f'--IPKernelApp.parent_handle={parent}', '--HistoryManager.hist_file=:memory:']
    IPKernelApp.launch_instance(['-f', str(connection), *how])

@contextmanager
def forked_kernel(folder):
    "The manager of a kernel in a folder; a kernel that was not shut down ends with the block"
    with TemporaryDirectory() as place:
        connection = Path(place)/'kernel.json'
        write_connection_file(str(connection), ip=f'{place}/socket', transport='ipc') # a port could be taken in between
        parent = os.getpid()
        pid = os.fork()
        if pid==0:
            code = 1
            try:
                serve(connection, folder, parent)
                code = 0
            except BaseException: traceback.print_exc()
            finally: os._exit(code) # nothing of the parent's is to be tidied up here
        manager = AsyncKernelManager(connection_file=str(connection))
        manager.load_connection_file()
        manager.provisioner = Forked()
        manager.provisioner.pid = pid
        try: yield manager
        finally: manager.provisioner.end()
