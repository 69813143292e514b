"""Files, step "bytes to text": nobody tells the encoding, and none is mistaken."""

import pytest
from ecom_orders.marketplaces.file import FileUnreadable
from ecom_orders.marketplaces.file.encoding import decode

CHINESE = (
    "订单编号,收货人,收货地址,商品\n1001,张伟,上海市浦东新区世纪大道100号,保温杯 蓝色\n"
)
CHINESE_SHORT = "number,name\n1,王芳\n"
CHINESE_RARE = "订单编号,收货人\n1001,龘麤\n1002,李娜\n1003,刘洋\n"
JAPANESE = "注文番号,お届け先,住所\n1001,高橋 花子,東京都渋谷区渋谷1丁目2番地\n"
JAPANESE_KANJI = "注文番号,氏名,住所\n1001,山田太郎,東京都千代田区丸の内\n"
JAPANESE_HALF = "注文番号,氏名,商品\n1001,佐藤健,ﾏｸﾞｶｯﾌﾟ 青\n"
JAPANESE_BANK = "番号,氏名\n1,ｶﾌﾞｼｷｶﾞｲｼｬ\n2,東京都\n3,ﾔﾏﾀﾞ ﾀﾛｳ\n"
GERMAN = "Bestellnummer;Empfänger;Straße;Ort\n1001;Jörg Müßig;Hauptstraße 5;Köln\n"
GERMAN_SHORT = "number,name\n1,Köhler\n"
FRENCH = "number;name;city\n1;Hélène Lefèvre;Orléans\n2;Benoît Garçon;Besançon\n"
EURO = "number;price\n1;12,00 €\n2;£5.00\n"

CASES = [
    (CHINESE, "gb18030"),
    (CHINESE_SHORT, "gb18030"),
    (CHINESE_RARE, "gb18030"),
    (JAPANESE, "cp932"),
    (JAPANESE_KANJI, "cp932"),
    (JAPANESE_HALF, "cp932"),
    (JAPANESE_BANK, "cp932"),
    (GERMAN, "cp1252"),
    (GERMAN_SHORT, "cp1252"),
    (FRENCH, "cp1252"),
    (EURO, "cp1252"),
]


@pytest.mark.parametrize(("text", "encoding"), CASES)
def test_older_encodings_are_told_apart(text, encoding):
    assert decode(text.encode(encoding)) == (text, encoding)


@pytest.mark.parametrize("text", [text for text, _encoding in CASES])
def test_utf_8_is_utf_8_with_and_without_mark(text):
    assert decode(text.encode()) == (text, "utf-8")
    assert decode(text.encode("utf-8-sig")) == (text, "utf-8-sig")


@pytest.mark.parametrize("mark", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_known_by_its_mark(mark):
    content = ("" if mark == "utf-16" else "\ufeff") + GERMAN
    assert decode(content.encode(mark))[0] == GERMAN


@pytest.mark.parametrize(("text", "encoding"), CASES)
def test_a_given_encoding_is_taken_as_given(text, encoding):
    assert decode(text.encode(encoding), encoding) == (text, encoding)


def test_a_given_encoding_that_cannot_be_is_refused_rather_than_patched():
    for encoding in ("utf-8", "no-such-encoding"):
        with pytest.raises(FileUnreadable) as caught:
            decode(GERMAN.encode("cp1252"), encoding)
        assert caught.value.details["reason"] == "encoding"


def test_what_is_no_text_is_refused():
    with pytest.raises(FileUnreadable):
        decode(bytes(range(128, 256)) * 20)


def test_a_long_file_is_judged_by_its_beginning_and_read_to_its_end():
    text = GERMAN + "1002;Änne Größe;Gässchen 1;Münster\n" * 5_000
    assert decode(text.encode("cp1252")) == (text, "cp1252")
