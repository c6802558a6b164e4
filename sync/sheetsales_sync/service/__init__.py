"""The HTTP service: what the buttons and commands do, for task panes and other programs, and a loop that syncs.

`serving.serve` runs it; `door` decides who comes in; `app` holds the routes. Loaded by `sheetsales serve` only.
"""
