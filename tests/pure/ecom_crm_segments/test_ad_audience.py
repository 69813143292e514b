"""Lists for ad platforms: hashed as they ask for it, nobody twice, nothing else."""

from hashlib import sha256

from ecom_crm_segments.algorithms import ad_audience


def digest(text):
    return sha256(text.encode()).hexdigest()


def test_google_gets_lower_case_addresses_and_numbers_as_e164():
    header, row = ad_audience.rows(
        [(" Ada@Shop.Example ", "030 / 901820", "DE")], "google"
    )
    assert header == ("Email", "Phone")
    assert row == (digest("ada@shop.example"), digest("+4930901820"))


def test_meta_gets_numbers_without_plus():
    header, row = ad_audience.rows([("", "+49 30 901820", "")], "meta")
    assert header == ("email", "phone")
    assert row == ("", digest("4930901820"))


def test_a_number_without_calling_code_finds_nobody():
    assert ad_audience.rows([("", "030 901820", "")], "google")[1:] == []


def test_who_has_nothing_to_be_found_by_has_no_row():
    assert ad_audience.rows([("", "", "DE"), ("no address", "", "")], "meta")[1:] == []


def test_a_person_with_two_contacts_is_one_row():
    people = [("ada@shop.example", "", "DE"), ("ADA@shop.example", "", "US")]
    assert len(ad_audience.rows(people, "google")) == 2


def test_nothing_can_be_read_from_a_row():
    _header, row = ad_audience.rows([("ada@shop.example", "", "")], "google")
    assert "ada" not in row[0]
    assert len(row[0]) == 64
