"""`python -m autocode` is `autocode`."""

from autocode.cli import main

if __name__ == "__main__":
    main()
