"""The words of Paceline and their rules: pure values and functions, no I/O, no clock.

An instant is UTC seconds since the epoch as a float; rules that need one take it as ``now``.
"""
