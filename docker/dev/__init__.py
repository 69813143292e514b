"""The developer tool behind the Makefile: ``python3 docker/dev <command>``.

See ``docker/README.md`` for the map. Modules imported before the environment
exists (everything that ``bootstrap`` needs) use the standard library only.
"""
