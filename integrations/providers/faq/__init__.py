import os

# numpy reads them when it is imported. With several threads a question would wait for all of them, and one may get no core.
for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
