"""Names of countries as people write them into lists, to ISO 3166-1 codes."""

from __future__ import annotations

import re
import unicodedata

_NAMES = """
AT austria österreich オーストリア 奥地利
AU australia australien オーストラリア 澳大利亚
BE belgium belgien belgië belgique ベルギー 比利时
BR brazil brasilien brasil ブラジル 巴西
CA canada kanada カナダ 加拿大
CH switzerland schweiz suisse スイス 瑞士
CN china prchina volksrepublikchina 中国 中國 中国大陆
CZ czechia czechrepublic tschechien チェコ 捷克
DE germany deutschland ドイツ 德国
DK denmark dänemark danmark デンマーク 丹麦
ES spain spanien españa スペイン 西班牙
FI finland finnland フィンランド 芬兰
FR france frankreich フランス 法国
GB unitedkingdom greatbritain uk england großbritannien イギリス 英国
GR greece griechenland ギリシャ 希腊
HK hongkong hongkongsar 香港 中国香港
HU hungary ungarn ハンガリー 匈牙利
ID indonesia indonesien インドネシア 印度尼西亚
IE ireland irland アイルランド 爱尔兰
IN india indien インド 印度
IT italy italien italia イタリア 意大利
JP japan 日本
KR southkorea korea südkorea republicofkorea 韓国 韩国
LU luxembourg luxemburg ルクセンブルク 卢森堡
MX mexico mexiko méxico メキシコ 墨西哥
MY malaysia マレーシア 马来西亚
NL netherlands thenetherlands niederlande nederland オランダ 荷兰
NO norway norwegen norge ノルウェー 挪威
NZ newzealand neuseeland ニュージーランド 新西兰
PL poland polen polska ポーランド 波兰
PT portugal ポルトガル 葡萄牙
RO romania rumänien ルーマニア 罗马尼亚
RU russia russland ロシア 俄罗斯
SE sweden schweden sverige スウェーデン 瑞典
SG singapore singapur シンガポール 新加坡
SK slovakia slowakei スロバキア 斯洛伐克
TH thailand タイ 泰国
TR turkey türkiye türkei トルコ 土耳其
TW taiwan 台湾 台灣 中国台湾
US unitedstates unitedstatesofamerica usa vereinigtestaaten アメリカ 米国 美国
VN vietnam ベトナム 越南
"""
_CODES = {
    name: line.split()[0]
    for line in _NAMES.split("\n")
    if line
    for name in line.split()
}


def country_code(text: str) -> str:
    """ISO code of a code or name.

    :raises ValueError: for what is neither.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if re.fullmatch("[A-Za-z]{2}", plain) and plain.lower() != "uk":
        return plain.upper()
    name = re.sub(r"[\W_]+", "", plain.lower())
    if name in _CODES:
        return _CODES[name]
    raise ValueError("not a country")
