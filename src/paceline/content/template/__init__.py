"""A closed subset of Jinja: parsed and bounded here, rendered by minijinja from source that we generate ourselves.

minijinja keeps templates away from Python, but it limits neither strings nor memory (``~`` in a row of ``set``, a long
text in a loop, ``format`` widths). So a template is parsed first; only what is on the lists of this package passes, its
largest possible output is computed as a + b * (size of a contact), and minijinja sees generated source, never the
author's. What a contact holds is data at every step.
"""
