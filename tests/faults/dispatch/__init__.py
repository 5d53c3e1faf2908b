"""The dispatch under fire: processes are killed, paused and cut off while it sends, on both
databases; whatever happens, nothing is lost and nothing is doubled.

- sink.py: a mail server, in a process of its own, that misbehaves by script and keeps all it took
- post_office.py: the tests' side of it        servers.py: brokers, and processes with their ends
- house.py: an installation of its own: folder, database, environment, people who wait for mail
- nursery.py: a warm process that forks children to be killed       points.py: where they die, and
  which protection is off (sabotage)      program.py: the same for real programs
- invariants.py: what must hold at the end, whatever happened

The twin of a scenario is the same scenario with one protection off, and must fail: a scenario whose
twin passes shows nothing.
"""
