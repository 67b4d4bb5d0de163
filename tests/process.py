"""Runs a module of the suite as a process of an installation.

``python -m tests.process MODULE ARGUMENT…`` sets Django up, as ``manage.py`` does, and then
runs the module as a script, so that it can import models like any other.
"""

import runpy
import sys

import django

if __name__ == "__main__":
    django.setup()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
