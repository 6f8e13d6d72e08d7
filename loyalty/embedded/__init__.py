"""PostgreSQL 18 and Valkey from wheels, run by ourselves: no installation, no root, no port.

`acquire(home)` gives the addresses of both servers and starts them when nobody else has. They stop
when the last process that acquired them is gone, however it went. `owner.py` tells how.
"""

from loyalty.embedded.servers import Servers, ServersDidNotStart, acquire

__all__ = ["Servers", "ServersDidNotStart", "acquire"]
