"""The owner as it is where the kernel does not help: no death signal, no adoption (macOS)."""

from loyalty.embedded import children, owner

if __name__ == "__main__":
    children._LINUX = False
    owner.main()
