"""Invented Chinese names: of the world's products, of people and places."""

from __future__ import annotations

from random import Random

from ..world.model import Address

#: titles by the world's product id
TITLES = {
    101: "粗陶马克杯 红色",
    102: "粗陶马克杯 蓝色",
    103: "橡木沙拉碗",
    104: "铸铁茶壶 1升",
    105: "主厨刀 20厘米",
    106: "亚麻围裙",
    110: "有机棉T恤",
    120: "加厚连帽卫衣",
    130: "羊毛袜 一双",
    131: "帆布帽",
    132: "羊驼毛围巾",
    140: "黄铜台灯",
    141: "无花果香薰蜡烛",
    142: "羊毛地毯 120x170",
    143: "丝绒抱枕",
    144: "挂钟",
    150: "点阵笔记本 A5",
    151: "黄铜钢笔",
    152: "墨水 50毫升",
    153: "贺卡 8张装",
    154: "感谢贴纸",
    160: "电子书：茶席",
    161: "编织图样（下载）",
    162: "面包之书",
    163: "自行车铃",
    164: "不锈钢水壶 750毫升",
    165: "双人帐篷",
    190: "新品 玻璃花瓶",
    191: "定制刻字",
}
OPTIONS = {
    "Size": "尺码",
    "Colour": "颜色",
    "Grey": "灰色",
    "Navy": "藏青色",
}

_FAMILY = ("王", "李", "张", "欧阳", "赵", "司马")
_GIVEN = ("小红", "伟", "三", "静怡", "子轩", "若溪")
#: province, city, district, town, street, postcode
_PLACES = (
    ("北京", "北京市", "朝阳区", "示例街道", "样板路{n}号3单元502室", "100020"),
    ("广东省", "深圳市", "南山区", "试点街道", "虚构科技园{n}栋", "518000"),
    ("浙江省", "杭州市", "西湖区", "", "假想巷{n}号", "310013"),
    ("河南省", "", "济源市", "模拟镇", "例证村{n}号", "459000"),
    ("内蒙古自治区", "呼和浩特市", "新城区", "", "草稿大街{n}号", "010010"),
    ("黑龙江省", "哈尔滨市", "道里区", "演示街道", "样本胡同{n}号", "150010"),
)


def make_address(rng: Random) -> Address:
    """Invent somebody; ``address_2`` has district and town."""
    province, city, district, town, street, postcode = rng.choice(_PLACES)
    return Address(
        first_name=rng.choice(_GIVEN),
        last_name=rng.choice(_FAMILY),
        address_1=street.format(n=rng.randint(1, 199)),
        address_2=f"{district}/{town}",
        city=city,
        state=province,
        postcode=postcode,
        country="CN",
        phone=f"1380000{rng.randint(0, 9999):04d}",
    )


def masked(text: str) -> str:
    """Return a name or telephone number as the platform hides it."""
    if text.isdigit():
        return f"{text[:3]}****{text[-4:]}"
    return text[:1] + "*" * max(1, len(text) - 2) + (text[-1] if len(text) > 2 else "")
