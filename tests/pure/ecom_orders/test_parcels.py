"""Which units of an order are told to be in which parcel."""

from decimal import Decimal

import pytest
from ecom_orders.marketplaces.parcels import (
    Box,
    Need,
    make_parcels,
    share_references,
    split_references,
)

D = Decimal
MUG = Need(ordered=D(3), parts={"mug": D(1)})


def box(key="P", references=(), **mugs):
    contents = {(line, "mug"): D(quantity) for line, quantity in mugs.items()}
    return Box(key, contents, tuple(references))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        (None, ()),
        ("A1", ("A1",)),
        ("A1, A2;A3\nA4\r\nA5", ("A1", "A2", "A3", "A4", "A5")),
        (" A1 ,, A1 ", ("A1",)),
        ("RR 123 CN", ("RR 123 CN",)),
    ],
)
def test_references_of_a_text(text, expected):
    assert split_references(text) == expected


def test_one_box_is_one_parcel_with_its_units():
    (parcel,) = make_parcels([box(references=["T"], a=2)], {"a": MUG}, {})
    assert (parcel.key, parcel.reference, parcel.lines) == ("P", "T", {"a": D(2)})


def test_what_was_shipped_before_is_not_told_again():
    (parcel,) = make_parcels([box(a=2)], {"a": MUG}, {("a", "mug"): D(1)})
    assert parcel.lines == {"a": D(2)}


def test_more_than_ordered_is_never_told():
    (parcel,) = make_parcels([box(a=5)], {"a": MUG}, {("a", "mug"): D(2)})
    assert parcel.lines == {"a": D(3 - 2)}


def test_pack_is_told_when_its_last_piece_left():
    need = {"a": Need(ordered=D(2), parts={"mug": D(6)})}
    assert make_parcels([box(a=5)], need, {}) == ()
    (parcel,) = make_parcels([box(a=7)], need, {("a", "mug"): D(5)})
    assert parcel.lines == {"a": D(2)}


def test_kit_is_told_when_its_last_component_left():
    need = {"kit": Need(ordered=D(1), parts={"desk": D(1), "leg": D(4)})}
    first = Box("1", {("kit", "desk"): D(1), ("kit", "leg"): D(3)})
    assert make_parcels([first], need, {}) == ()
    second = Box("2", {("kit", "leg"): D(1)})
    (parcel,) = make_parcels([second], need, first.contents)
    assert parcel.lines == {"kit": D(1)}


def test_broken_quantity_is_told_once_all_of_it_left():
    need = {"a": Need(ordered=D("1.5"), parts={"mug": D(1)})}
    (parcel,) = make_parcels([box(a="1.5")], need, {})
    assert parcel.lines == {"a": D("1.5")}


def test_box_that_completes_nothing_goes_with_the_next_one():
    need = {"kit": Need(ordered=D(1), parts={"desk": D(1), "leg": D(4)})}
    boxes = [
        Box("1", {("kit", "desk"): D(1)}, ("T1",)),
        Box("2", {("kit", "leg"): D(4)}, ("T2",)),
    ]
    (parcel,) = make_parcels(boxes, need, {})
    assert (parcel.key, parcel.reference) == ("2", "T1, T2")
    assert parcel.lines == {"kit": D(1)}


def test_box_that_completes_nothing_goes_with_the_one_before_when_it_is_the_last():
    boxes = [box("1", ["T1"], a=3), box("2", ["T2"], b=1)]
    (parcel,) = make_parcels(boxes, {"a": MUG}, {})
    assert parcel.reference == "T1, T2"


def test_several_references_divide_the_units():
    needs = {"a": MUG, "b": Need(D(1), {"mug": D(1)})}
    parcels = make_parcels([box(references=["T1", "T2"], a=3, b=1)], needs, {})
    assert [(p.key, p.reference, p.lines) for p in parcels] == [
        ("P", "T1", {"a": D(2)}),
        ("P-2", "T2", {"a": D(1), "b": D(1)}),
    ]


def test_more_references_than_units_are_told_with_the_last_parcel():
    need = {"a": Need(D(1), {"mug": D(1)})}
    (parcel,) = make_parcels([box(references=["T1", "T2"], a=1)], need, {})
    assert parcel.reference == "T1, T2"


def test_as_many_references_as_boxes_are_shared_in_order():
    boxes = share_references([box("1", a=1), box("2", a=2)], ("T1", "T2"))
    assert [(b.key, b.references) for b in boxes] == [("1", ("T1",)), ("2", ("T2",))]


def test_box_with_a_reference_of_its_own_keeps_it():
    boxes = share_references([box("1", ["OWN"], a=1), box("2", a=2)], ("T2",))
    assert [b.references for b in boxes] == [("OWN",), ("T2",)]


def test_boxes_of_one_reference_are_one():
    boxes = share_references([box("1", a=1), box("2", a=2)], ("T",))
    assert [(b.key, b.references) for b in boxes] == [("1", ("T",))]
    assert boxes[0].contents == {("a", "mug"): D(3)}


def test_boxes_without_any_reference_are_one():
    boxes = share_references([box("1", a=1), box("2", a=2)], ())
    assert [b.references for b in boxes] == [()]
