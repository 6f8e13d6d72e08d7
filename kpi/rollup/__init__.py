"""The day sets: sums and sets of customers per local day and month, kept by the worker so that any range answers fast.

Events make days dirty (`marks.py`); the worker counts whole days anew from the purchases (`work.py`) and folds them to
months (`fold.py`); `reading.py` lays days and months together. Everything here can be thrown away and built again.
"""
