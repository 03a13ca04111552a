"""The pages: server-rendered, readable without scripts, no verdict of their own.

Start at `urls.py`. A view asks `queries`, a template shows the answer; what a console said is
shown through the filter `console` (`console_text.py`), never otherwise.
"""
