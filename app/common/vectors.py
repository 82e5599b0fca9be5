"""The type of embeddings: rows of 32-bit floats, one for each text."""

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
