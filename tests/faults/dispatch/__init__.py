"""The dispatch under fire (reliability, F1–F7 and F19): processes are killed, paused and cut off
while it sends, on both databases; whatever happens, nothing is lost and nothing is doubled.

- sink.py: a mail server, in a process of its own, that misbehaves by script and keeps all it took
- post_office.py: the tests' side of it        servers.py: processes and their ends, brokers
- house.py: an installation of its own: folder, database, environment
- scene.py: one scenario in it
- nursery.py: a warm process that forks children to be killed        jobs.py: what a child does
- points.py: where it dies, and which protection is off (sabotage)
- programs.py: Celery's own worker and beat, kept alive as bin/serve does
- invariants.py: what must hold at the end, whatever happened

The twin of a scenario is the same scenario with one protection off, and must fail: a scenario whose
twin passes shows nothing. A new scenario asks for the fixture `scene`, does its worst, calls
`scene.recover()` (a tick and two sweeps past the last fault), then `scene.check()`.
"""
