import stat


def test_a_first_start_shows_the_demonstration_and_its_accounts_and_a_second_the_same(
    starting, tmp_path
):
    first = starting(tmp_path / "data").stop()
    second = starting(tmp_path / "data").stop()

    kept = tmp_path / "data/demo_accounts.txt"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    accounts = [line.split("\t") for line in kept.read_text().splitlines()]
    assert len(accounts) > 1
    for username, password, _ in accounts:
        assert len(password) >= 10
        for said in (first, second):
            assert any(username in line and password in line for line in said.splitlines())


def test_two_machines_have_different_passwords(starting, tmp_path):
    for name in ("one", "other"):
        starting(tmp_path / name).stop()

    one, other = ((tmp_path / name / "demo_accounts.txt").read_text() for name in ("one", "other"))
    passwords = [{line.split("\t")[1] for line in text.splitlines()} for text in (one, other)]
    assert passwords[0] & passwords[1] == set()
