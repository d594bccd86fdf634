from array import array

_Bytes = bytes | bytearray | memoryview

def learn(
    weights: array[float],
    squares: array[float],
    records: _Bytes,
    first: int,
    last: int,
    seed: int,
    rate: float,
    final_rate: float,
    trust: float,
) -> None: ...
def measure(
    weights: array[float], records: _Bytes, first: int, last: int, trust: float
) -> tuple[float, float, float]: ...
def logit(weights: array[float], record: _Bytes, symmetry: int = 0) -> float: ...
def slopes(weights: array[float], record: _Bytes, trust: float, into: array[float]) -> None: ...
