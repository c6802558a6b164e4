"""The side that speaks UNO: a program of its own, for the Python that brings LibreOffice's `uno` module.

It knows nothing of the rest of sheetsales and needs nothing but the standard library and `uno`. LibreOffice
brings its own, often older, Python on some systems; so nothing newer than Python 3.8 is used here, and the
modules import one another relatively, because the folder is loaded as a package of its own.

Requests come in on standard input, answers and events go out on standard output, each as a frame: four
bytes of length, then the value as `marshal` writes it (numbers keep their types, text its letters).
"""
