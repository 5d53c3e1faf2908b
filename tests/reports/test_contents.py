from reports.contents import contents_of


def test_a_report_without_headings_has_no_contents_and_is_no_error():
    assert contents_of("<article><p>一段话。</p></article>") == ()
