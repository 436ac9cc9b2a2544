"""Answer types: what kind of value a question wants, and what holds one.

"How long do you keep it?" wants a period. A clause that is all about keeping, but gives none, does not
answer it, however close its words are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from assistant.questions.forms import asked_itself
from assistant.text import WIDE, has_han, normalized, stems_in, unlaid
from assistant.text.chinese import INTERROGATIVES
from assistant.text.english import PLAIN_AUXILIARIES, one_of
from assistant.text.numerals import ENGLISH_NUMERAL, HAN_AMOUNT
from assistant.text.units import CURRENCIES_EN, CURRENCIES_ZH, MONTHS, PERIODS_EN, PERIODS_ZH, any_unit

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AnswerType:
    """A kind of value, of which there is but one: they are told apart, and looked up, by what they are."""

    name: str
    """Name, such as `duration`."""
    wanted: re.Pattern[str]
    """Found in questions that want one."""
    named: re.Pattern[str] | None = None
    """Names of one: who only names it, or asks what it is, wants one, not who asks whether, how or why of it."""
    held: re.Pattern[str]
    """Found in texts that hold one, be it in vague words."""
    needed: bool = True
    """Whether a text that holds none is no answer; else one that does is only a better one."""
    printed: re.Pattern[str] | None = None
    """Found in texts that hold one, as they are printed: what begins with a capital."""


def _of(name: str, *, wanted: str, held: str, needed: bool = True, named: str = "", printed: str = "") -> AnswerType:
    # In ASCII, a word ends where Chinese begins: 10TB空间, 采用AES加密.
    return AnswerType(
        name=name,
        wanted=re.compile(wanted, re.ASCII),
        held=re.compile(held, re.ASCII),
        needed=needed,
        named=re.compile(named, re.ASCII) if named else None,
        printed=re.compile(printed) if printed else None,
    )


# Bounded, lest a long run of them be read again from each of its places.
_NUMBER = rf"(?:\d{{1,9}}|[{HAN_AMOUNT}半几数]{{1,9}}|{ENGLISH_NUMERAL}|an?)"
_TIME_ZH, _TIME_EN = any_unit(PERIODS_ZH), any_unit(PERIODS_EN)
_AUXILIARY = one_of((*PLAIN_AUXILIARIES, "until", "till", "before", "after", "for"))
_MONEY = (
    rf"[元￥¥$€£]|[\d{HAN_AMOUNT}]块|美金|费用|收费|免费|付费|成本|价格|"
    r"\b(?:fees?|charge[sd]?|costs?|free|paid|prices?)\b|"
    rf"(?:\b|(?<=\d))(?:{any_unit(CURRENCIES_EN)}|cents?|pence|chf)\b|(?<=\d)p\b"
)
_OF_TIME_EN = rf"(?:(?:calendar|consecutive|full|further|working|business|clear) )?{_TIME_EN}\b"
# A number that counts neither time nor money, and is no share, age, hour or part of another.
_COUNTED = (
    r"(?<![\d.,:£$€￥¥])\d{1,9}+(?![:：%％]|[.,]\d)"
    rf"(?!(?:[ -]|(?<=\d)){_OF_TIME_EN}|[个多]?{_TIME_ZH}|周?岁|"
    rf" ?(?:per ?cent|{any_unit(CURRENCIES_ZH, CURRENCIES_EN)}))"
)
_TECHNIQUES = r"\b(?:aes|rsa|sm\d|tls|ssl|sha|md5|https|bcrypt|argon2|3?des|ecc|vpn|wpa\d?)\b"
_PERIODS = (
    rf"{_NUMBER}[\]】,，)）]{{0,2}}[ -]?[个多]?{_TIME_ZH}|"
    rf"\b{_NUMBER}(?: \(\d{{1,4}}\))?[ -]{_OF_TIME_EN}|"
    r"当场|当[日天](?:有效|内|[^，,。;；]{0,2}完成)|次日|隔[日天]|期限|期间|期满|届满|时限|必需的时间|"
    r"及时|立即|即时|实时|尽快|尽早|随时|永久|长期|最短|不再|直至|直到|为止|一直|"
    r"\b(?:until|periods?|as (?:long|soon) as|promptly|immediately|at once|without (?:undue )?delay|no longer|"
    r"real[- ]time|lifetime|end of|while|forever|indefinitely|due (?:on|by)|not? later than)\b"
)
_MEASURES = (
    rf"{_NUMBER} ?(?:厘米|公分|毫米|英?寸|平方米?|平米|毫?升|度|瓦|毫安|伏|米)|\d ?[×x*] ?\d|"
    r"\d ?(?:cm|mm|m|(?:milli|centi)?met(?:er|re)s?|inch(?:es)?|in|feet|ft|l|ml|lit(?:er|re)s?|°c?|wh?|mah|v|m2|㎡|"
    r"[kmgt]b)\b|像素|兆"
)
_HOW_FAR_IN_TIME = r"\bhow (?:far|long) (?:in advance|beforehand|ahead|back)\b"
_HOURS = r"\d{1,2}[:：]\d{2}|\b\d{1,2} ?[ap]\.?m\b|\bo'clock\b|\b(?:noon|midday|midnight)\b"
_DATES = rf"\d{{4}} ?[年./-]|之日起|即日起|生效|\b(?:{'|'.join(MONTHS)})\b"
# What is given back or taken off, which may be a part of a price.
_SETTLED_ZH = r"(?:赔偿?|[扣退]除?还?|补偿|补贴|返还?|罚款?|抵扣?|报销)"
_SETTLED_EN = (
    r"(?:refund\w*|deduct\w*|compensat\w*|withheld|reimburse\w*|(?:get|paid|pay|given?) back|penalty|penalties)"
)
_DEPOSITS = "(?:违约金|押金|[定订]金|保证金|滞纳金|诚意金)"
_OF_DEPOSITS = "(?:(?<=[押定订]金)|(?<=违约金|保证金|滞纳金|诚意金))"
_SUM_OF = (
    rf"\b{_NUMBER} (?:weeks?|months?|years?|days?|nights?)['’]?s? "
    r"(?:rents?|pay|salary|wages|fees?|premiums?|instal?ments?)\b|"
    rf"[\d{HAN_AMOUNT}]个?[月年周天日]的?(?:租金|房租|工资|保费|月供)|\b(?:twice|double|triple) the\b|[两双三]倍"
)
_IS = r"(?:is|are|was|were|can|may|will|would)\b"
_SUMS = (
    r"(?:deposits?|discounts?|fees?|fines?|refunds?|charges?|penalt(?:y|ies)|bonus(?:es)?|payments?|instal?lments?|premiums?|"
    r"compensation|deductions?|surcharges?|rebates?|credits?|vouchers?|tips?|rents?|allowances?|salar(?:y|ies)|costs?)\b"
)
# No number of something else: 扣多少分, 退多少天.
_MUCH = r"多少(?!次|台|个|人|家|种|类|条|位|名|天|年|月|小时|分钟|工作日|公斤|千克|斤|克|积?分|张|份|件|节|课时)"
_STREETS_ZH = r"[\u4e00-\u9fff](?:省|市(?!场)|区(?!分)|县|镇|路(?!由)|街|大厦|楼|室(?!内))"
_STREETS_EN = r"(?:street|road|avenue|lane|square|drive|quay|wharf|yard|floor|suite|building|p\.?o\.? box)"
# Names have letters that ASCII lacks.
_WORD_EN = r"[^\s?!.,;:]{1,20}"
_NAME = r"[A-ZÀ-ÖØ-Þ][a-zß-öø-ſ]{1,20}"
_LINES_EN = r"(?:phone|telephone|contact) (?:number|no\.?)"
_DONE_WITH_IT = (
    "change|changed|changing|update|updating|edit|delete|deleting|remove|removing|hide|hiding|share|sharing|sell|selling"
    "|use|using|store|keep|collect|collecting|verify|verifying|bind|unbind|link|unlink|new|old|wrong|lost|why|need|give"
    "|giving|add|adding|see|sees|block|required|optional"
)
_ROLES_ZH = (
    "负责人|联系人|保护官|专员|老板|法人|代表人|创始人|总裁|经理|主任|主管|组长|董事长|秘书长|[校院园店馆]长|"
    "ceo|cto|dpo"
)
PACKAGE = r"[a-z]\w{0,30}(?:\.[a-z]\w{0,30}){2,6}"
"""The name of a package, as a pattern in ASCII: com.acme.push."""
_COUNTS_AS = "(?:以[上下])?(?:才|就|的)?(?:算|叫做?|属于)"
# What is fast, not soon done.
_LINE = r"\b(?:wi-?fi|internet|broadband|connection|network|downloads?|uploads?)\b"
_PROVIDES = r"handle|processe|process|host|run|operate|deliver|send|collect|take|provide|keep|store|make|power"
ANSWER_TYPES = (
    _of(
        "duration",
        wanted=r"(?:多久|多长时间|到什么时候|最[长晚]多久?)(?!.{0,6}[一1][次回])|几(?:天|个?小时|分钟|个?月|周|年|个?星期|个?工作日)(?!之?[前后].{0,3}的)|"
        r"多少(?:天|个?月|年|个?小时|分钟|个?工作日)|(?:期限|有效期)(?:是|为|有)?(?:多|几|怎么[算定]|如何计)|"
        rf"\bhow (?:long|soon|quickly|fast(?!.{{0,20}}{_LINE})|many {_TIME_EN})\b"
        rf"(?= {_AUXILIARY}\b| \w{{1,30}} {_AUXILIARY}\b|\?|$)|"
        r"[期长](?:限|度)?[^,，。?]{0,2}多长|"
        rf"\b(?:after|within|in) how many {_TIME_EN}\b|{_HOW_FAR_IN_TIME}|"
        r"\bwhen(?: is|'s|s) (?:the |your )?(?:\w{1,20} )?deadline\b",
        named=r"时限|期限|有效期|\bdeadlines?\b|\b(?:time limit|retention period)\b",
        held=_PERIODS,
    ),
    _of(
        # When something ends or comes: after some time, or on a day.
        "when",
        wanted=r"(?:什么时候|何时|哪天|哪一天|几号|啥时候?)(?:才|会|能|可以|就|将|自动){0,3}"
        r"(?:失效|过期|到期|作废|清零|截止|结束|到账|退(?:[款还到回钱费]|(?=[呢啊?!。 ]{0,3}$))|返还|"
        r"发货|送达|送到|到货|寄出|寄到|补发|扣款|还款|放款)|"
        r"\bwhen (?:do|does|will|is|are|would) .{0,40}\b(?:expires?|lapses?|ends?|run out|runs out|arrives?|due|"
        r"refunded|credited|delivered|shipped|dispatched|paid out)\b|\b(?:until|till|by) when\b",
        held=rf"{_PERIODS}|{_DATES}|{_HOURS}|之日|[当次]日|[月年季]底|前|\b(?:on|before|by) the\b",
    ),
    _of(
        "frequency",
        wanted=r"(?:多久|多长时间|多少天|几天|几个月|几年)(?=.{0,6}[一1][次回])|(?:每隔|间隔|频率).{0,4}(?:多久|多少|几|多高)|"
        r"\bhow (?:often|frequently|regularly)\b|\bhow many times (?:a|per|each|every)\b",
        held=rf"每(?:隔|间隔|天|日|周|月|年|季|半年|次|个月|\d|[{HAN_AMOUNT}半])|定期|经常|[一1]次|次/|实时|持续|"
        r"频率|间隔|\b(?:every|each (?:time|day|week|month|quarter|year)|daily|weekly|monthly|quarterly|yearly|"
        r"annually|hourly|once|twice|periodical\w*|regular\w*|continu\w+|real[- ]time|intervals?|"
        r"(?:a|per) (?:minute|hour|day|week|month|year))\b",
    ),
    _of(
        "clock",
        # Not 要满足哪几点 and 注意几点要求.
        wanted=r"(?<![哪这那有])(?<!注意|满足|以下|如下)几点(?!要求|建议|意见|注意|原因|理由|条件|规定|说明|内容|问题|区别)|"
        r"(?:什么时候|何时|啥时候?)(?:才|会|能|开始){0,2}(?:上班|下班|营业|开门|关门|打烊|休息|在线|有人)|"
        r"\bwhen (?:do|does|are|is) (?:you|they|(?:the|your) (?:\w{1,20} )?(?:office|shop|store|support|hotline|lines?|"
        r"service|desk|branch(?:es)?|counter|centre|center))\b.{0,12}\b(?:opens?|closes?|closed|available|staffed)\b"
        # Not "when do you close an account".
        r"(?=\W{0,3}$| (?:on|at|for|in|during|over|today|tonight|tomorrow|again)\b)|"
        r"\b(?:at )?what (?:time|hours)\b(?! will| would| do you| limit)|"
        r"\bwhen can (?:i|we) (?:call|ring|phone|reach|contact|speak to|talk to) "
        r"(?:you|someone|somebody|support|the \w{1,20})\b",
        named=r"(?:上班|营业|办公|接听|人工|客服(?:工作|服务)?)时间|"
        r"\b(?:opening|office|business|working|service) hours\b",
        held=rf"{_HOURS}|[\d{HAN_AMOUNT}]{{1,3}}(?:点|时(?![候间常刻代]))|"
        r"24 ?小时|全天|(?:工作|上班|营业|服务)时间|\b(?:business|office|opening|working) hours\b|"
        r"\b\d{1,2} (?:to|till|until) \d{1,2}\b|"
        # So many hours before something that has an hour of its own.
        rf"\b{_NUMBER} (?:hours?|minutes?) (?:before|after|prior to|ahead of)\b",
    ),
    _of(
        # On which days somebody is there.
        "opening_days",
        wanted=r"(?:周[末一二三四五六日天]|(?:星期|礼拜)[一二三四五六日天]|双休日|节假日|过年|春节)[^,，。?]{0,4}"
        r"(?:有人|上班|营业|开门|休息|接(?:电话|听|吗|不)|在线)",
        held=rf"{_HOURS}|24 ?小时|全[天年]|每[天日]|周[末一二三四五六日天]|星期|节假日|双休|工作日(?![之以]?[内前后])",
    ),
    _of(
        "date",
        wanted=r"(?:什么时候|何时|哪天|哪一天|几月几号|几号|哪年).{0,4}(?:生效|更新|发布|上线|修订|实施|施行|执行)|"
        r"\bwhat date\b|"
        r"\bwhen (?:did|does|was|is|were) .{0,40}\b(?:effect|force|effective|updated|published|revised)\b",
        named=r"(?:生效|更新|发布|修订)(?:日期|时间)|\b(?:effective|publication) date\b|\blast updated\b",
        held=_DATES,
    ),
    _of(
        "amount",
        wanted=rf"(?<![赔退扣偿返罚还])(?<![赔退扣偿返罚还][我您款费])(?<![押定订证]金)多少(?:钱|元|块)(?!.{{0,8}}会)|价格|价钱|(?:什么|啥)价(?!值)|多贵|贵不贵|要钱|(?:要|得|需要)花钱|[要会]不?[要会]?收钱|收不收钱|收钱[吗嘛么不]|要付费|"
        rf"(?<![押定订证]金)(?:花费?|[支缴]?付|交|省){_MUCH}(?!的?{_DEPOSITS})|"
        rf"\bhow much (?:does|do|is|are|will|would|money|to pay|can i (?:get|claim))\b(?!.{{0,40}}\b{_SETTLED_EN}\b)|"
        r"\bhow much can (?:i|we|you) (?:spend|borrow|save)\b|\bhow much(?= for\b|\W{0,3}$)|\bprices?\b|\bcosts?\b|"
        r"\bfree of charge\b|\bcharged? (?:me|us|for)\b",
        # A part of a price is an amount, and so is another sum taken several times.
        held=rf"{_MONEY}|{_SUM_OF}|不(?:再|另)?(?:收(?!集)|加价)|免收|"
        r"\d ?(?:%|per ?cent) of\b|\bhalf (?:of )?(?:the|your|an?) |"
        r"\b(?:included|waived|complimentary|gratis)\b",
    ),
    _of(
        # What may be a share of a price, too.
        "fee",
        # How much a deposit is, is asked of the deposit.
        wanted=rf"收费|费用|手续费|几折|打折|{_OF_DEPOSITS}(?:[是要交付收为得需]|比例){{0,3}}(?:多少钱?|多大|几|怎么[算收])|"
        rf"(?:多少|多大|[要收有交付])钱?的?(?={_DEPOSITS})|{_SETTLED_ZH}(?:我|您|款|费|给我|了|掉){{0,2}}{_MUCH}|\bfees?\b|"
        rf"\bhow much\b.{{0,40}}\b{_SETTLED_EN}\b|"
        rf"\bhow (?:big|large|high) {_IS}(?=.{{0,30}}\b{_SUMS})",
        named=rf"(?<!免押金|免[定订]金){_OF_DEPOSITS}(?=呢?[?!。 ]{{0,3}}$)|"
        r"\b(?:fines?|surcharges?|charges?)(?= (?:for|of)\b|\W{0,3}$)",
        held=rf"{_MONEY}|{_SUM_OF}|%|[百千万]分之|[\d{HAN_AMOUNT}]折|手续费|不(?:另行?)?收|全[额部]|[全不]退|不予|"
        r"\bper ?cent\b|\bin full\b|\b(?:full|no) refund\b",
    ),
    _of(
        "share",
        wanted=r"百分之(?:多少|几)|占多(?:少|大)|比例(?:是|有)?(?:多少|多大|多高)|几成|"
        r"(?:[利税费息]率|年化)[^,，。?]{0,6}(?:多少|多高|几|怎么算)|(?:多少|多高|多大)的?(?:[利税费]率|利息)|"
        r"\b(?:what|which)(?:'s| is| are)? (?:the |your )?(?:\w{1,20} )?(?:interest|tax|vat) rates?\b|"
        r"\bhow high (?:is|are) .{0,20}\b(?:rates?|interest|tax)\b|"
        r"\b(?:what|which) (?:percentage|per ?cent|share|proportion|fraction)\b",
        named=r"(?:[利税费息]率|年化)(?=是?$|呢)|\bapr\b",
        held=rf"%|％|‰|[百千万]分之|基点|lpr|[{HAN_AMOUNT}]成|\bper ?cent\b|\b(?:half|third|quarter)\b|全部",
    ),
    _of(
        "size",
        wanted=r"多大(?:的)?(?:文件|图片|照片|空间|内存|容量|附件)|(?:文件|图片|照片|空间|附件|容量).{0,6}(?:多大|上限)|几(?:兆|[mg]b?\b)|"
        rf"多少(?:兆|流量|空间|[mg]b?\b)|\bhow (?:big|large) {_IS}(?!.{{0,30}}\b{_SUMS})|"
        r"\bhow much (?:space|storage|memory)\b",
        named=r"\b(?:file|size) limit\b",
        # What has no bytes is as big as it is wide, or as many as it takes.
        held=rf"\d ?(?:[kmgt]b?\b|兆|像素)|\b(?:megabytes?|gigabytes?|pixels?)\b|{_MEASURES}|"
        rf"\b{_NUMBER} (?:people|persons?|guests?|members?|pupils?|students?|children|seats?|places|adults?)\b",
    ),
    _of(
        "weight",
        wanted=r"(?:多少|几)(?:公斤|千克|斤|克|磅|吨)|"
        # Not 多重身份验证, nor 多重要.
        r"多重(?=$|[?!。,、 ]|[的呢啊呀吗算吧才]|可以|能|以[上内下]|会|就|"
        r"要(?:加|收|付|交|补|另))(?!的?(?:验证|认证|保护|保障))|"
        r"最重.{0,6}多少|重量.{0,6}(?:多少|多大)|限重(?:是|为)?(?:多少|几)|"
        r"行李额度?(?:是|有)?(?:多少|多大)|\bhow heavy\b|\bhow many (?:kg|kilo(?:gram|gramme)?s?|pounds|lbs|grams?)\b|"
        r"\bhow much (?:can|may|does|do|should|must) .{0,30}\bweigh\b|"
        r"\b(?:what|which) (?:maximum )?weight\b",
        named=r"限重|重量(?:上限|限制|要求)|\bweight (?:limit|allowance)s?\b|\bmaximum weight\b",
        held=rf"{_NUMBER} ?(?:公斤|千克|斤|克|磅|吨)|"
        r"\d ?(?:kg|kilos?|kilogram(?:me)?s?|g|grams?|lbs?|pounds?|oz|ounces?|tonnes?)\b|"
        r"(?:无|没有)免费|不限重?|\bno (?:free |checked )?(?:baggage|luggage)\b",
    ),
    _of(
        "measure",
        wanted=r"(?:多少|几)(?:厘米|公分|毫米|英?寸|平方米?|平米|毫?升|度|瓦|毫安|伏)|多[宽厚]|(?:尺寸|面积|体积|容积|身高).{0,6}"
        r"(?:多少|多大|多高)|"
        r"(?:尺寸|面积|体积|容积|身高)有(?:什么|啥)(?:上限|限制|要求)|\bhow (?:wide|tall|thick|deep)\b|"
        r"\bhow many (?:cm|centimet\w+|inches|feet|lit(?:er|re)s|square \w+|degrees|watts?)\b|"
        # Not "in which area".
        r"(?<!\bin )\b(?:what|which|maximum) (?:size|dimensions|height|area|volume) (?:limit|can|may|is|are|of)\b",
        named=r"(?:尺寸|面积|体积|容积|身高)有?(?:上限|限制|要求)",
        held=_MEASURES,
    ),
    _of(
        "distance",
        wanted=r"多远|多少(?:米|公里|千米)|半径(?:是|有)?(?:多大|多少)|"
        # Not "how far ahead can I book", nor "how far apart do I take them".
        rf"(?!{_HOW_FAR_IN_TIME}|\bhow far apart\b)\bhow (?:far|near|precise)\b|"
        r"\bhow many (?:metres|meters|kilomet\w+|miles|km)\b|\b(?:what|which) (?:radius|distance)\b",
        held=rf"[\d{HAN_AMOUNT}](?:米|公里|千米)|\d ?(?:m|km|metres?|meters?|miles?)\b|附近|精确|大致|"
        r"\b(?:nearby|precise|coarse|approximate|exact)\b",
    ),
    _of(
        "registration",
        wanted=r"(?!)",
        named=r"(?:备案|许可证|注册|登记|执照|信用代码|资质)(?:编?号|代码)|icp ?备案号?|"
        r"\b(?:registration|licen[cs]e|company|permit|vat) (?:number|no\.)",
        held=r"[a-z\d]{8,}|备.{0,4}\d|证.{0,4}\d|第\d+号|\bno\. ?\d|\bnumber \w{0,3}\d",
    ),
    _of(
        "court",
        wanted=r"(?:哪个|哪家|什么|哪里的?|哪儿的?)(?:法院|仲裁)|(?:去|在|到)哪(?:里|儿)?(?:起诉|打官司|仲裁|告你)|归哪.{0,3}法院|适用哪.{0,4}法律|"
        r"\b(?:which|what) (?:courts?|tribunal|jurisdiction)\b|\bwhere (?:can|do|could) i sue\b|"
        r"\b(?:which|what)(?: country's| state's)? law (?:applies|governs)\b",
        named=r"\bgoverning law\b",
        held=r"法院|仲裁|管辖|\bcourts?\b|\barbitrat\w+|\bjurisdiction\b|\bgoverned by\b|\blaws? of\b",
    ),
    _of(
        "person",
        wanted=rf"(?:{_ROLES_ZH}|客服)(?:是谁|叫什么|姓什么|叫啥|的?名字)|"
        r"(?<!公司|企业|平台|软件|应用|机构|产品|店铺)叫(?:什么|啥)名字|(?<![叫是])什么名字|"
        rf"谁是(?:你们)?.{{0,10}}(?:{_ROLES_ZH})|"
        r"\bwho(?:'s| is) (?:the |your )(?:.{1,20} )?(?:officer|dpo|ceo|cto|founder|owner|boss|director|head|"
        r"representative|chair\w{0,6})\b|"
        r"\bname of (?:the |your )(?:.{1,20} )?(?:officer|dpo|ceo|cto|founder|owner|boss|director|president)\b",
        held=rf"先生|女士|(?:{_ROLES_ZH}|officer|director)(?:为|是|[:：]| is)|(?:officer|director|ceo|cto|dpo),|"
        r"\bm(?:r|s|rs|iss)\.? [a-z]|姓名[:：]",
        # "is Laura Penrose", "the Head of Loans, Priya Nand, decides".
        printed=rf"(?:\b(?:is|are|to)|[,:]) {_NAME} (?:(?:van|von|de|der|den|di|da|al|bin|[A-Z]\.) ){{0,3}}"
        rf"{_NAME}(?=[,.;:)]|$| (?:and|or|who|at|is|will|can)\b)",
    ),
    _of(
        "account",
        wanted=r"(?:微信号|公众号|qq ?号?群?|微博|抖音号|推特)(?:是|叫|名)?(?:多少|什么|哪个|啥)|"
        r"\bwhat(?:'s| is) your (?:wechat|twitter|facebook|instagram|whatsapp|telegram)\b",
        named=r"\b(?:wechat id|facebook page)\b|"
        r"^(?:your )?(?:twitter|instagram|whatsapp|telegram)(?: (?:account|handle|number))?(?=\W{0,3}$)",
        held=r"微信号|公众号|\bqq\b|微博|抖音号|\b(?:wechat|facebook|twitter|instagram|whatsapp|telegram)\b",
    ),
    _of(
        "email",
        wanted=r"(?:邮箱|邮件|电邮)(?:地址)?(?:是|叫)?(?:多少|(?:什么|啥)(?!时)|哪个)|(?:哪个|什么)邮箱|"
        r"\bwhat(?:'s| is) .{0,40}\be-?mail address\b|\bwhat(?:'s| is) your e-?mail\b|\b(?:which|what) e-?mail\b",
        # Not 我的邮箱 or 绑定邮箱, which are data.
        named=r"(?<![我的录定册用填写改换绑集收露])(?:电子)?(?:邮箱|邮件地址)(?:地址)?(?=[吗么呢是]?[?!。 ]{0,3}$)|"
        r"(?:负责人|专员|部门|团队|公司|客服|官方)的(?:电子)?(?:邮箱|邮件地址)(?=[?呢是 ]{0,2}$)|"
        r"\be-?mail address (?:of|for|to)\b|"
        r"\b(?:contact|support|privacy|company|service) e-?mail(?: address)?(?=\W{0,3}$)",
        held=r"@",
    ),
    _of(
        "telephone",
        wanted=r"(?:电话|热线|手机号?码?)(?:号码?)?(?:是?多少|是什么|是哪个|怎么打|几号)|"
        r"\b(?:which|what) (?:phone |telephone )?number does\b.{0,30}\bhave\b|"
        r"\bwhat(?:'s| is) (?:your|the (?:\w{1,20} )?(?:phone|telephone)) (?:phone |telephone |contact )?number\b|"
        r"\bnumber (?:can i|to|do i|should i) (?:call|ring|dial)\b|"
        # Somebody's, not that of who asks: "what is Dr Ahmed's phone number".
        rf"\bwhat(?:'s|s| is) (?:(?!my\b|our\b|an?\b){_WORD_EN} ){{1,5}}{_LINES_EN}(?=\W{{0,3}}$)",
        # Not 推销电话, nor 打电话 or 修改电话.
        named=r"(?<![打接拨销扰告留改换填写收集露绑除藏])(?<!绑定)(?:电话|热线|座机)(?:号码?)?"
        r"(?=[吗么呢]?[?!。 ]{0,3}$)|"
        r"\bhotline(?: number)?\b(?! (?:used )?for\W{0,3}$)|"
        r"\b(?:phone|telephone) number (?:of|to call|for (?:customer|support|complaints|the))\b|"
        # "phone number?", "clinic phone number", not "change phone number".
        rf"^(?:your |the )?"
        rf"(?:(?!(?:my|our|an?|to|with|without|by|and|or|for|{_DONE_WITH_IT})\b){_WORD_EN} ){{0,3}}"
        rf"{_LINES_EN}(?=\W{{0,3}}$)|"
        # "number for lost cards"
        r"^(?:the |your )?(?:emergency )?number (?:for|to) (?!be\b)",
        held=r"\d[\d -]{5,20}\d|(?:电话|热线|拨打|hotline|call)[^\d]{0,12}\d{5}|"
        r"(?:电话|热线|拨打|分机)(?:号码)?[: ]{0,2}\d{3}",
    ),
    _of(
        "link",
        wanted=r"\bwhat(?:'s| is) (?:the|your) website\b",
        named=r"网址|链接|网站地址|网页地址|\burl\b|\bweb ?(?:site )?(?:address|link)\b|\blinks? to\b",
        held=r"https?:|www\.|\w\.(?:com|cn|net|org|io|html?|example)\b|链接|网址|\blinks?\b",
    ),
    _of(
        "place",
        wanted=r"服务器.{0,4}[在放设]在?(?:哪|什么地方)|"
        r"(?:在|位于)(?:哪个|哪座|什么|哪)(?:城市|省|市|国家)|哪个(?:城市|省|市|国家)(?!标准)|哪座城|"
        # Not 在哪里改, which asks for a page of the app.
        r"寄到哪|(?:地址|总部)在(?:哪|什么)(?:里|儿|个?地方)?(?![里儿个改填看查找换设修更])|"
        r"\b(?:which|what) (?:city|cities|country|countries|states?|regions?|towns?)\b|"
        r"\bwhere (?:is|are) (?:the |your )?(?:company|headquarters?|office|servers?|data cent(?:er|re)s?)"
        r"(?: (?:based|located|registered))?\b|\bwhere are you (?:based|located)\b",
        named=r"(?:公司|办公|注册|邮寄|通讯|办公室)地址(?=是|在|$|呢|[?吗])|总部在|"
        r"\b(?:street|postal|mailing|office|registered|business) address\b",
        held=rf"境内|境外|中国|国内|海外|香港|澳门|台湾|{_STREETS_ZH}|美国|英国|德国|法国|韩国|欧盟|欧洲|新加坡|日本|"
        r"\b(?:china|united (?:states|kingdom)|usa?|uk|eu|europe\w*|ireland|germany|france|singapore|japan|canada|"
        rf"india|hong kong|{_STREETS_EN})\b|\baddress:|"
        r"\b[a-z]{1,2}\d[a-z\d]? \d[a-z]{2}\b",
        # "at clubs in Texas": a name behind in or at; months and days are none.
        printed=r"\b(?:in|at|near|from) (?:the )?(?!January|February|March|April|May|June|July|August|September|October"
        r"|November|December|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)[A-Z][a-z]{2,20}\b",
    ),
    _of(
        # Where somebody is found, or is written to: more than a place.
        "address",
        wanted=r"\bwhat(?:'s|s| is) (?:the |your )(?:(?:full|company|shop|store|clinic|hotel|school) ){0,2}address"
        r"(?: (?:of|for) (?:the |your |this )?(?:company|office|head office|shop|store|clinic|hotel|school|gym|app))?"
        r"(?=\W{0,3}$)|\bwhere are you(?=\W{0,3}$)",
        named=r"\b(?:company|shop|store|clinic|hotel|school) address(?=\W{0,3}$)",
        held=rf"{_STREETS_ZH}|\b{_STREETS_EN}\b|\baddress:",
        # Codes of British, Dutch, American, and most other mail: "10119 Berlin".
        printed=r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b|\b\d{4} ?[A-Z]{2}\b|\b[A-Z]{2} \d{5}\b|"
        rf"(?<=, )\d{{4,5}} {_NAME}",
    ),
    _of(
        "version",
        wanted=r"(?:哪个|哪一个|什么|几)版本(?![的以])|第几版|\b(?:which|what) version\b",
        named=r"版本号|\bversion number\b",
        held=rf"\bv?\d{{1,4}}\.\d|\bversions? \d|版本[号:：]|第[\d{HAN_AMOUNT}]版|\bv\d",
    ),
    _of(
        "technique",
        wanted=r"(?:什么|哪种|哪个|哪些|啥)(?:算法|加密算法|加密协议|加密方式|加密技术)|"
        r"\b(?:which|what) (?:\w{1,30} )?(?:cipher|algorithm|hash(?:ing)?|encryption)\b",
        held=_TECHNIQUES + r"|\d{3}[ -]?(?:位|bit)|算法",
    ),
    _of(
        "certificate",
        wanted=r"(?:什么|哪些|哪种|哪个|哪项)(?:安全|国际|国家)?(?:认证|资质|证书|测评)|"
        r"\b(?:which|what) (?:\w{1,30} )?(?:certificat\w+|accreditations?)\b",
        held=r"认证|证书|资质|等级保护|等保|测评|\biso\b|iso ?\d|\bcertif\w+|\baccredit\w+|\bsoc ?2\b|\bpci\b",
    ),
    _of(
        "age",
        wanted=rf"(?:几岁|多少岁|多大才)(?!{_COUNTS_AS})|多大(?:年龄|岁|的孩子)|什么年龄|"
        r"(?:^|请问|孩子|小孩|学[生员])多大就?(?:可以|能)|\bhow old\b|"
        r"\b(?:what|which)(?:'s|s| is)? (?:the )?(?:right )?age\b",
        named=r"年龄(?:限制|要求|下限)|\bminimum age\b|\bage (?:limit|requirement)s?\b",
        held=rf"[\d{HAN_AMOUNT}]{{1,3}}周?岁|\b\d{{1,2}}\b(?![{WIDE}])|成年|儿童|\b(?:minors?|child|children|adults?|teen\w*)\b",
    ),
    _of(
        # Who counts as a child: what is only said of children does not tell.
        "limit_of_age",
        wanted=rf"(?:几岁|多少岁|多大){_COUNTS_AS}",
        held=rf"[\d{HAN_AMOUNT}]{{1,3}}周?岁",
    ),
    _of(
        "package",
        wanted=r"\bwhat(?:'s| is) the package name\b",
        named=r"包名|\bpackage names?\b",
        held=rf"\b{PACKAGE}\b",
    ),
    # What is done with something, not a value: what is said of the thing alone, such as that it is collected, does not
    # tell. Policies say so in too many words for a text to be none for want of these.
    _of(
        "safety",
        wanted=r"安全[吗么嘛]|安不安全|会不?会?.{0,4}(?:泄[露漏密]|被[盗偷])|(?:怎么|如何|怎样)保护|加密[吗了么]|"
        r"\b(?:is|are) (?:my|our) .{1,40} (?:safe|secure|protected|encrypted)\b",
        held=r"安全|加密|保护|防止|泄[露漏密]|去标识|匿名|脱敏|\b(?:(?:secur|protect|safeguard)\w{0,5}|encrypt\w{0,3}|leak\w{0,3}|"
        r"breach\w{0,2}|anonymi\w{2,4}|pseudonymi\w{2,4})\b",
        needed=False,
    ),
    _of(
        # A time or a case: who may do something when, is told by a clause that sets no such limit only what is done.
        "occasion",
        wanted=r"^(?:so |and |but )?when (?:can|may|could|must|should) (?:i|we|you|they)\b",
        held=rf"{_PERIODS}|{_HOURS}|\b(?:in|on|of|by|\d{{1,2}}) (?:{'|'.join(MONTHS)})\b|"
        r"\b(?:if|unless|when|whenever|where|once|before|after|from|on \w{3,6}days?)\b|"
        r"如果?|若|的时候|[之以]?[前后]",
        needed=False,
    ),
    _of(
        # Who does it for the company: a name, not what is done.
        "provider",
        wanted=rf"\bwho (?:{_PROVIDES})s?\b(?! (?:me|us)\b)",
        held=r"第三方|服务商|合作|公司|sdk|\b(?:third part(?:y|ies)|processors?|providers?|partners?|suppliers?)\b",
        needed=False,
        printed=rf"\b[A-Z][\w.&-]{{1,20}}(?: \([^)]{{1,30}}\)|,? (?:B\.V\.|[A-Z][\w.]{{0,20}}))? (?:{_PROVIDES})s?\b|"
        r"\b(?:by|with|through|via) (?:[a-z]{1,12} )?[A-Z][\w.-]{2,20}",
    ),
    _of(
        "publicity",
        wanted=r"公开[吗么嘛]|\b(?:is|are) (?:my|our) .{1,40} (?:public|visible)\b",
        held=r"公开|披露|可见|展示|看到|看见|\b(?:public\w{0,3}|disclos\w{1,4}|visible|sees?|shown?|displayed)\b",
        needed=False,
    ),
    _of(
        "giving",
        wanted=r"(?:给|卖|告诉|透露给|分享给|共享给?|传给|泄露给)(?:别人|他人|其他人|第三方|外人|其他公司|别的公司)|"
        r"\b(?:do|will|would|might|may) (?:you|they) (?:ever )?(?:sell|share|give|pass|disclose) "
        r"(?:my|our|any|personal|users?|customers?)\b",
        held=r"共享|分享|披露|转让|[出转]售|售卖|提供[给至]|(?:同步|转移|传输|发送|信息)[至给到]|移交|交由|第三方|向[^,，。;；]{1,40}?提供|"
        r"\b(?:shar(?:e|es|ed|ing)|sell|sold|sale|disclos\w{1,4}|transfer\w{0,5}|third part(?:y|ies)|pass\w{0,3}|"
        r"recipients?)\b",
        needed=False,
    ),
    _of(
        "keeping",
        wanted=r"会(?:被|一直)?(?:保存|保留|存储|留存|存着)|存(?:放|储)?在哪|"
        r"\bdo you (?:store|keep|save) (?:my|our)\b|\b(?:is|are) (?:my|our) .{1,40}\b(?:stored|kept|saved)\b",
        held=r"保存|保留|存储|储存|留存|缓存|存放|"
        r"\b(?:stor(?:e|es|ed|ing|age)|keep|kept|retain\w{0,3}|retention|sav(?:e|es|ed)|hold|held)\b",
        needed=False,
    ),
    _of(
        # What comes of it if something is not given or not agreed to.
        "refusal",
        wanted=r"(?:不|没|拒绝)(?:想|愿意?|肯)?(?:给|同意|答应|开启?|授权|提供|实名|认证|绑定?|填|允许|登录|注册|上传|打开|接受|刷脸|扫脸|补充|设置)"
        r"(?!了?(?:什么|哪|谁)).{0,14}(?:怎[么样]|咋|行[吗不]|可以[吗么]|能.{0,8}[吗么不]|影响|还能|后果)|"
        r"(?:可不可以|能不能|可以|能否|可否|能)(?:选择)?(?:拒绝|不(?:给|同意|开启?|授权|提供|实名|认证|绑定?|填|允许|登录|注册|上传|刷))|"
        r"(?:关[掉闭]|撤[回销]|拒绝).{0,14}(?:怎[么样]|影响|还能|后果)|"
        r"\bwhat (?:if|(?:will |would )?happens? (?:if|when)) i (?:don'?t|do not|won'?t|refuse|say no|decline|deny|"
        r"turn off|disable|withhold|withdraw|revoke|disagree)\b|"
        r"\bcan i (?:still )?(?:use|order|buy|log|browse|pay|play|watch)\b.{0,30}"
        r"\b(?:without|if i (?:don'?t|refuse))\b|\bcan i (?:refuse|decline|say no|skip)\b|"
        r"\bif i (?:refuse|don'?t (?:agree|consent|give|provide|allow|accept)|decline|say no)\b",
        held=r"拒绝|不(?:同意|提供|愿意?|授权|开启|开通|接受|使用|填写|影响|会影响|启用|上传|允许|登录|注册)|未(?:开启|授权|提供|同意)|"
        r"无法|不能|关闭|撤[回销]|自愿|选择|"
        r"\b(?:refus\w+|declin\w+|not (?:provide|agree|consent|affect|give|want|wish)|without|unable|cannot|optional|"
        r"voluntar\w+|choose|withdraw\w*|disabl\w+|turn(?:ed)? off|unless)\b",
        needed=False,
    ),
    _of(
        "count",
        wanted=r"(?:上限|限额|额度|标准)(?:[是为有]|一般)?(?:多少|多高|几)|"
        r"最[高多低少](?:是|为|能|可以?|报|领|给|补|拿){0,3}多少(?=[呢啊]?\W{0,3}$)|"
        r"多少(?:次|台|个|人|家|种|类|条|位|名)|"
        r"多少(?![钱元块])[\u4e00-\u9fff]{0,2}(?:币|积?分(?!钟)|[张份件节页笔倍]|课时|点数|优惠券)|几(?:次|台|家|个人|种|类|条|位|级|项)(?!.{0,2}的)|"
        rf"\bhow many (?!{_TIME_EN}\b|times (?:a|per|each|every)\b|cookies\b)\w+",
        held=rf"{_COUNTED}|{_NUMBER}(?!{_TIME_ZH})(?:次|台|家|个|种|类|条|级|项|名)|"
        r"全部|所有|多次|、[^、]{1,20}、|,[^,]{1,30},|"
        rf"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|several|each|every|all|single|both|once|twice|none)\b"
        rf"(?![ -]{_OF_TIME_EN})",
    ),
)
"""Every kind of value that is told apart."""


@lru_cache(maxsize=256)
def wanted(question: str) -> tuple[AnswerType, ...]:
    """Return what kinds of values a question wants; most want none.

    >>> [kind.name for kind in wanted("注销以后多久删除？")], wanted("为什么要实名？")
    (['duration'], ())
    >>> wanted("会告诉我的家人我欠多少钱吗"), wanted("can they see how much I owe?")
    ((), ())
    >>> wanted("关于“录音存多久”：家长能听到吗？")
    ()
    """
    asked = _read(question)
    if _asks_of_telling(asked):
        return ()
    keywords = _keywords(asked)
    return tuple(kind for kind in ANSWER_TYPES if kind.wanted.search(asked) or _asks_for_named(kind, asked, keywords))


def needed(question: str) -> tuple[AnswerType, ...]:
    """Return the kinds of value that a question wants without which a text is no answer to it."""
    return tuple(kind for kind in wanted(question) if kind.needed)


def asks_contact(question: str) -> bool:
    """Say whether a question wants but a number or an address of whom it is put to.

    >>> asks_contact("what's your address?"), asks_contact("what's Dr Ahmed's address?")
    (True, False)
    """
    kinds = needed(question)
    alone = bool(kinds) and all(kind.name in CONTACTS for kind in kinds)
    return alone and stems_in(normalized(question)) <= _contact_words()


CONTACTS = ("telephone", "email", "address")
"""Kinds of values by which somebody is reached."""


@cache
def _contact_words() -> frozenset[str]:
    return stems_in("phone telephone number address email mail contact company office app shop store clinic hotel gym")


def besides(question: str, kinds: Iterable[AnswerType]) -> str:
    """Return what a question asks of, normalized: less its words that ask for values of these kinds.

    >>> besides("停车场几点关门", wanted("停车场几点关门"))
    '停车场 关门'
    """
    rest = normalized(question)
    for kind in kinds:
        for pattern in filter(None, (kind.wanted, kind.named)):
            rest = pattern.sub(" ", rest)
    return rest


def _read(question: str) -> str:
    """Return what of a question asks for values, normalized: 几 that counts nothing in particular becomes 数."""
    clauses = _CLAUSES.split(_SOME.sub("数", normalized(asked_itself(question))))
    asks_whether = [_WHETHER_ZH.search(one) and not _TOLD_ZH.search(one) for one in clauses]
    return "".join(_FEW.sub("数", one) if some else one for one, some in zip(clauses, asks_whether, strict=True))


_CLAUSES = re.compile(r"(?<=[,;。?!、 ])")
# 好几天 and 这几年 are some; so is 几 in 能先试几天吗, but not in 你知道要几天吗.
_SOME = re.compile(r"(?:(?<!最)好|(?<=[这那头近]))几")
_FEW = re.compile("几")
_TOLD_ZH = re.compile(r"知道|告[诉知]")


def _asks_for_named(kind: AnswerType, asked: str, keywords: str) -> bool:
    """Say whether a question asks what a value is by its name: "opening hours?", 有年龄限制吗, not 能改通讯地址吗."""
    return kind.named is not None and any(
        found.end() <= len(keywords)
        or _BEFORE_NAMED.search(asked, 0, found.start())
        or _BEHIND_NAMED.match(asked, found.end())
        for found in kind.named.finditer(asked)
    )


def _keywords(asked: str) -> str:
    """Return the beginning of a question that asks nothing in so many words; all of it, if that is so."""
    asking, first = (_ASKS_ZH, asked) if has_han(asked) else (_ASKS_EN, _first_keywords(asked))
    return asked if not asking.search(asked) else "" if asking.search(first) else first


def _first_keywords(asked: str) -> str:
    """Return what stands before a question that is asked besides: "appeal deadline and how many tries"."""
    first = _BESIDES.split(asked, maxsplit=1)[0]
    return "" if _SOMEBODY.search(first) else first


_BESIDES = re.compile(r",? and (?=(?:how|when|where|who|what|which)\b)")
_SOMEBODY = re.compile(r"\b(?:i|you|we|they|he|she)\b")
_ASKS_ZH = re.compile(rf"{INTERROGATIVES}|[吗嘛么几]|(.)不\1|[会能可是]否|行不|有没有")
_DOES = one_of(PLAIN_AUXILIARIES)
# An auxiliary begins a question, or stands before who does something.
_ASKS_EN = re.compile(
    r"\b(?:how|why|who|whom|whose|when|where|what|whats|which)\b|"
    rf"(?:^|[,.;:?!] |\b(?:and|so|but|then|or) ){_DOES}\b|"
    rf"\b{_DOES} (?:i|you|we|they|he|she|it|there|my|your|our)\b"
)
# "what is the latest deadline" and "is there a weight limit", not "what is the procedure after the deadline".
_FEW_WORDS = r"(?:(?!of|for|after|before|if|to|in|on|at|by|with|about)[\w'-]{1,20} ){0,3}"
_BEFORE_NAMED = re.compile(
    r"(?:\bwhat(?:'s|s| is| are| was)|\b(?:tell|give|send) me|\bdo you know|\b(?:is|are) there|\bdo you have) "
    rf"{_FEW_WORDS}$|\b(?:what|which) (?:(?!if|happens)[\w'-]{{1,20}} )?$|"
    # 有什么年龄限制, 有没有重量限制, 告诉我办公地址
    r"(?:什么|啥|哪个|多少)[是的]?$|(?<![没只所还享])有(?:没有)?(?:什么|啥)?[\u4e00-\u9fff]{0,2}$|"
    r"(?:告诉|发给?|给)我.{0,6}$"
)
_BEHIND_NAMED = re.compile(
    r"(?:一般|大概|都|具体)?(?:[是为在叫]|有(?:没有)?)?"
    r"(?:多少|多[大高]|(?<=是)(?:什么|啥)时候|(?:什么|啥)(?!时|用)|几(?!天|个?[月周]|年|个?小时|分钟|次)|哪(?![个些])|怎么[算定]|如何计)"
)


def _asks_of_telling(asked: str) -> bool:
    """Say whether it is asked if, why or how somebody learns a value, not what the value is."""
    if has_han(asked):
        if _WAY_ZH.search(asked):
            return True
        asks = _WHETHER_ZH.search(asked) or "谁" in asked
        return bool(asks and _LEARNS_ZH.search(asked) and not _REQUESTS_ZH.search(asked))
    return _LEARNS_EN.search(asked) is not None or _WAY_EN.search(asked) is not None


_WHETHER_ZH = re.compile(
    r"(?:[吗嘛吧]|(?<![什怎那这])么)[?!。, ]{0,3}$|(?P<modal>[会能])不(?P=modal)|可不可以|是否|能否|会否"
)
_VALUE_ZH = r"(?:多少|几|多久|多[大重高远]|什么|哪|谁)"
_LEARNS_ZH = re.compile(
    r"(?:告诉|告知|通知|透露|泄露|知道|得知|看到|看见|看出|查到|显示|公开).{0,12}(?:我|他|她|孩子|用户|客户|本人).{0,10}"
    rf"{_VALUE_ZH}|"
    # 我几点回家会被谁知道, 卡里剩多少钱你们看得到吗
    r"(?:多少|几|多久|多[大重高远])[^,。?]{0,8}(?:被|你们|别人|谁|对方|家人).{0,6}(?:知道|得知|看[到见]|看得[到见]|查得?到)"
)
# 能告诉我要多少钱吗 asks for the value.
_REQUESTS_ZH = re.compile(
    r"(?:能|可以|能否|可否|请|麻烦)(?:你们?|您)?(?:告诉|告知|通知)(?:一下|下)?我|(?:^|[你您我]们?)(?:[想能要]|可以)?知道"
)
# The way to find a value out, and why one is wanted: 怎么查还剩多少流量, 问我挣多少钱干嘛.
_WAY_ZH = re.compile(
    rf"(?:怎么|如何|怎样|在?哪里?)(?:才)?(?:能|可以)?(?:知道|得知|查|看|了解)[^,。?]{{0,10}}{_VALUE_ZH}|"
    rf"为(?:什么|何)[^,。?]{{0,10}}(?:显示|知道|看到|公开)[^,。?]{{0,6}}{_VALUE_ZH}|"
    r"(?:多少|几|多大)[^,。?]{0,4}(?:干嘛|干啥|干什么|做什么|做啥)"
)
_WAY_EN = re.compile(
    r"\bhow (?:do|can|could|would|should) (?:i|we) (?:see|know|check|find out|look up|tell)\b.{0,20}"
    r"\b(?:how (?:much|many|long|often|far|old)|what|which|when|where)\b"
)
_LEARNS_EN = re.compile(
    r"^(?:so |and |but )?(?!(?:do|would|can|could|may|will) (?:i|we) |(?:do|would) you (?:happen to )?know\b)"
    r"(?:do|does|did|will|would|can|could|may|is|are) .{0,60}"
    r"\b(?:see|sees|know|knows|learn|find out|tell|told|show|shown|reveal|disclose)\b(?! (?:me|us)\b).{0,40}"
    r"\b(?:how (?:much|many|long|often|far|old)|what|which|when|where|who) (?:\w{1,20} ){0,2}"
    r"(?:i|ive|im|we|my|our|he|she|they|users?)\b"
)


# The sentences of a policy are read for one question after another.
@lru_cache(maxsize=20_000)
def holds(text: str, kind: AnswerType) -> bool:
    """Say whether a text holds a value of this kind.

    >>> duration = ANSWER_TYPES[0]
    >>> holds("我们会在十五个工作日内答复", duration), holds("我们会加密保存您的信息", duration)
    (True, False)
    """
    return bool(kind.held.search(_plain(text)) or (kind.printed and kind.printed.search(text)))


# One sentence may be read for several kinds.
@lru_cache(maxsize=10_000)
def _plain(text: str) -> str:
    return unlaid(normalized(text))
