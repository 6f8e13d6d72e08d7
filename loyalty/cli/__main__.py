"""`python -m loyalty.cli`, where the script `loyalty` is not on the path."""

from loyalty.cli import main

if __name__ == "__main__":
    main(prog_name="loyalty")
