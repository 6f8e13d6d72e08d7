"""What the service does later, or again and again: jobs, their schedules and leases, and the worker that runs them.

To add a job: write `async def do_it(desk: Desk) -> None` in the `tasks.py` of its room, and give it a line in `JOBS` of
`loyalty/background.py`: `Job("room.do_it", Every(60), do_it)`, or `Job("room.do_it", Nightly(hour=3), do_it,
per_program=True)`. The name is for ever: its rows in `schedule` have it. What a job has to do, it finds in tables; it
takes no arguments, because it may be run again at any moment (a killed worker, a failure, two requests at once) and
must end in the same state. It commits by itself, never blocks the event loop for seconds (its lease is kept alive
there), uses one connection at a time, and raises when it could not do its work: then it is tried again.

The truth is in PostgreSQL, which workers ask every second; arq and Redis only carry a nudge, so that they ask at once.
"""
