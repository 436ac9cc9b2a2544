"""Answer types: what kind of value a question wants, and what holds one.

"How long do you keep it?" wants a period. A clause that is all about keeping, but gives none, does not
answer it, however close its words are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from assistant.english import AUXILIARIES, one_of
from assistant.numerals import ENGLISH_NUMERAL, HAN_AMOUNT
from assistant.question_forms import asked_itself
from assistant.text import WIDE, has_han, normalized, unlaid
from assistant.units import CURRENCIES_EN, MONTHS, PERIODS_EN, PERIODS_ZH, any_unit


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerType:
    """A kind of value."""

    name: str
    """Name, such as `duration`."""
    wanted: re.Pattern[str]
    """Found in questions that want one."""
    held: re.Pattern[str]
    """Found in texts that hold one, be it in vague words."""
    needed: bool = True
    """Whether a text that holds none is no answer; else one that does is only a better one."""
    printed: re.Pattern[str] | None = None
    """Found in texts that hold one, as they are printed: what begins with a capital."""


def _of(name: str, *, wanted: str, held: str, needed: bool = True, printed: str = "") -> AnswerType:
    # In ASCII, a word ends where Chinese begins: 10TB空间, 采用AES加密.
    return AnswerType(
        name=name,
        wanted=re.compile(wanted, re.ASCII),
        held=re.compile(held, re.ASCII),
        needed=needed,
        printed=re.compile(printed) if printed else None,
    )


# Bounded, lest a long run of them be read again from each of its places.
_NUMBER = rf"(?:\d{{1,9}}|[{HAN_AMOUNT}半几数]{{1,9}}|{ENGLISH_NUMERAL}|an?)"
_TIME_ZH, _TIME_EN = any_unit(PERIODS_ZH), any_unit(PERIODS_EN)
_AUXILIARY = one_of((*(word for word in AUXILIARIES if word.isalpha()), "until", "till", "before", "after", "for"))
_MONEY = (
    rf"[元￥¥$€£]|[\d{HAN_AMOUNT}]块|美金|费用|收费|免费|付费|成本|价格|"
    r"\b(?:fees?|charge[sd]?|costs?|free|paid|prices?)\b|"
    rf"(?:\b|(?<=\d))(?:{any_unit(CURRENCIES_EN)}|cents?|pence|chf)\b|(?<=\d)p\b"
)
_TECHNIQUES = r"\b(?:aes|rsa|sm\d|tls|ssl|sha|md5|https|bcrypt|argon2|3?des|ecc|vpn|wpa\d?)\b"
_PERIODS = (
    rf"{_NUMBER}[\]】,，)）]{{0,2}}[ -]?[个多]?{_TIME_ZH}|"
    rf"\b{_NUMBER}(?: \(\d{{1,4}}\))?[ -]"
    rf"(?:(?:calendar|consecutive|full|further|working|business|clear) )?{_TIME_EN}\b|"
    r"期限|期间|期满|届满|时限|及时|立即|即时|实时|尽快|尽早|随时|永久|长期|最短|不再|直至|直到|为止|一直|必需的时间|"
    r"\b(?:until|periods?|as (?:long|soon) as|promptly|immediately|at once|without (?:undue )?delay|no longer|"
    r"real[- ]time|lifetime|end of|while|forever|indefinitely)\b"
)
_DATES = rf"\d{{4}} ?[年./-]|之日起|即日起|生效|\b(?:{'|'.join(MONTHS)})\b"
# What is given back or taken off, which may be a part of a price.
_SETTLED_ZH = r"(?:赔偿?|[扣退]除?还?|补偿|补贴|返还?|罚款?|抵扣?|报销)"
_SETTLED_EN = (
    r"(?:refund\w*|deduct\w*|compensat\w*|withheld|reimburse\w*|(?:get|paid|pay|given?) back|penalty|penalties)"
)
_DEPOSITS = "违约金|押金|[定订]金|保证金|滞纳金|诚意金"
# No number of something else: 扣多少分, 退多少天.
_MUCH = r"多少(?!次|台|个|人|家|种|类|条|位|名|天|年|月|小时|分钟|工作日|公斤|千克|斤|克|积?分|张|份|件|节|课时)"
# What is fast, not soon done.
_LINE = r"\b(?:wi-?fi|internet|broadband|connection|network|downloads?|uploads?)\b"
ANSWER_TYPES = (
    _of(
        "duration",
        wanted=r"(?:多久|多长时间|到什么时候|最长多|最晚多)(?!.{0,6}[一1][次回])|几(?:天|个?小时|分钟|个?月|周|年|个?星期|个?工作日)(?!之?[前后].{0,3}的)|"
        r"多少(?:天|个?月|年|个?小时|分钟|个?工作日)|时限|(?:期限|有效期)(?:是|为|有)?(?:多|几|怎么|如何|是什么|$)|"
        rf"\bhow (?:long|soon|quickly|fast(?!.{{0,20}}{_LINE})|many {_TIME_EN})\b"
        rf"(?= {_AUXILIARY}\b| \w{{1,30}} {_AUXILIARY}\b|\?|$)|"
        rf"\b(?:after|within|in) how many {_TIME_EN}\b|\bdeadline\b|\b(?:until|by) when\b|"
        r"\bwhat (?:is )?(?:the |your )?(?:time limit|retention period)\b|\bretention period (?:for|of)\b",
        held=_PERIODS,
    ),
    _of(
        # When something ends or comes: after some time, or on a day.
        "when",
        wanted=r"(?:什么时候|何时|哪天|哪一天|几号|啥时候?)(?:才|会|能|可以|就|将|自动){0,3}"
        r"(?:失效|过期|到期|作废|清零|截止|结束|到账|退[款还到回]|返还|发货|送达|送到|到货|寄出|寄到|补发|扣款|还款|放款)|"
        r"\bwhen (?:do|does|will|is|are|would) .{0,40}\b(?:expires?|lapses?|ends?|run out|runs out|arrives?|due|"
        r"refunded|credited|delivered|shipped|dispatched|paid out)\b",
        held=rf"{_PERIODS}|{_DATES}|之日|[当次]日|[月年季]底|前|\b(?:on|before|by) the\b",
    ),
    _of(
        "frequency",
        wanted=r"(?:多久|多长时间|多少天|几天|几个月|几年).{0,6}[一1][次回]|(?:每隔|间隔|频率).{0,4}(?:多久|多少|几|多高)|"
        r"\bhow (?:often|frequently|regularly)\b|\bhow many times (?:a|per|each|every)\b",
        held=rf"每(?:隔|间隔|天|日|周|月|年|季|半年|次|个月|\d|[{HAN_AMOUNT}半])|定期|不定期|经常|[一1]次|次/|实时|持续|"
        r"频率|间隔|\b(?:every|each (?:time|day|week|month|quarter|year)|daily|weekly|monthly|quarterly|yearly|"
        r"annually|hourly|once|twice|periodical\w*|regular\w*|continu\w+|real[- ]time|intervals?|"
        r"(?:a|per) (?:minute|hour|day|week|month|year))\b",
    ),
    _of(
        "clock",
        wanted=r"几点|(?:上班|营业|办公|接听|人工|客服(?:工作|服务)?)时间|"
        r"(?:什么时候|何时|啥时候?)(?:才|会|能|开始){0,2}(?:上班|下班|营业|开门|关门|打烊|休息|在线|有人)|"
        r"\bwhen (?:do|does|are|is) (?:you|they|(?:the|your) (?:\w{1,20} )?(?:office|shop|store|support|hotline|lines?|"
        r"service|desk|branch(?:es)?|counter|centre|center))\b.{0,12}\b(?:opens?|closes?|closed|available|staffed)\b"
        # Not "when do you close an account".
        r"(?=\W{0,3}$| (?:on|at|for|in|during|over|today|tonight|tomorrow|again)\b)|"
        r"\b(?:at )?what (?:time|hours)\b(?! will| would| do you| limit)|"
        r"\b(?:opening|office|business|working|service) hours\b",
        held=rf"\d{{1,2}}[:：]\d{{2}}|\b\d{{1,2}} ?[ap]\.?m\b|[\d{HAN_AMOUNT}]{{1,3}}(?:点|时(?![候间常刻代]))|"
        r"24 ?小时|全天|(?:工作|上班|营业|服务)时间|\b(?:business|office|opening|working) hours\b|\bo'clock\b|"
        # So many hours before something that has an hour of its own.
        rf"\b{_NUMBER} (?:hours?|minutes?) (?:before|after|prior to|ahead of)\b",
    ),
    _of(
        "date",
        wanted=r"(?:什么时候|何时|哪天|哪一天|几月几号|几号|哪年).{0,4}(?:生效|更新|发布|上线|修订|实施|施行)|"
        r"(?:生效|更新|发布|修订)(?:日期|时间)|\bwhat date\b|\b(?:effective|publication) date\b|\blast updated\b|"
        r"\bwhen (?:did|does|was|is|were) .{0,40}\b(?:effect|force|effective|updated|published|revised)\b",
        held=_DATES,
    ),
    _of(
        "amount",
        wanted=rf"(?<![赔退扣偿返罚还])(?<![赔退扣偿返罚还][我您款费])(?<![押定订证]金)多少(?:钱|元|块)(?!.{{0,8}}会)|价格|价钱|要钱|(?:要|得|需要)花钱|要付费|"
        rf"(?:花费?|[支缴]?付|交|省){_MUCH}(?!的?(?:{_DEPOSITS}))|"
        rf"\bhow much (?:does|do|is|are|will|would|money|to pay|can i (?:get|claim))\b(?!.{{0,40}}\b{_SETTLED_EN}\b)|"
        r"\bhow much can (?:i|we|you) (?:spend|borrow|save)\b|\bhow much(?= for\b|\W{0,3}$)|\bprices?\b|\bcosts?\b|"
        r"\bfree of charge\b|\bcharged? (?:me|us|for)\b",
        # A part of a price is an amount.
        held=rf"{_MONEY}|\d ?(?:%|per ?cent) of\b|\bhalf (?:of )?(?:the|your|an?) ",
    ),
    _of(
        # What may be a share of a price, too.
        "fee",
        wanted=rf"收费|费用|手续费|几折|打折|(?:{_DEPOSITS})(?:[是要交付收为得需]|比例){{0,3}}(?:多少|多大|几|怎么[算收]|呢|$)|"
        rf"(?:多少|多大|[要收有交付])钱?的?(?:{_DEPOSITS})|{_SETTLED_ZH}(?:我|您|款|费|给我|了|掉){{0,2}}{_MUCH}|\bfees?\b|"
        rf"\bhow much\b.{{0,40}}\b{_SETTLED_EN}\b|"
        r"\bhow (?:big|large) .{0,20}\b(?:discount|fine|refund)\b",
        held=rf"{_MONEY}|%|百分之|[\d{HAN_AMOUNT}]折|全[额部]|[全不]退|不予|\bper ?cent\b|\bin full\b|"
        r"\b(?:full|no) refund\b",
    ),
    _of(
        "share",
        wanted=r"百分之(?:多少|几)|占多(?:少|大)|比例(?:是|有)?(?:多少|多大|多高)|几成|"
        r"(?:[利税费息]率|年化)(?:[^,，。?]{0,6}(?:多少|多高|几|怎么算)|是?$|呢)|(?:多少|多高|多大)的?(?:[利税费]率|利息)|"
        r"\b(?:what|which)(?:'s| is| are)? (?:the |your )?(?:\w{1,20} )?(?:interest|tax|vat) rates?\b|\bapr\b|"
        r"\bhow high (?:is|are) .{0,20}\b(?:rates?|interest|tax)\b|"
        r"\b(?:what|which) (?:percentage|per ?cent|share|proportion|fraction)\b",
        held=rf"%|％|‰|百分之|千分之|基点|lpr|[{HAN_AMOUNT}]成|\bper ?cent\b|\b(?:half|third|quarter)\b|全部",
    ),
    _of(
        "size",
        wanted=r"多大(?:的)?(?:文件|图片|照片|空间|内存|容量|附件)|(?:文件|图片|照片|空间|附件|容量).{0,6}(?:多大|上限)|几(?:兆|[mg]b?\b)|"
        r"多少(?:兆|流量|空间|[mg]b?\b)|\bhow (?:big|large) (?:is|are|can|may)\b|\bhow much (?:space|storage|memory)\b|"
        r"\b(?:file|size) limit\b",
        held=r"\d ?(?:[kmgt]b?\b|兆|像素)|\b(?:megabytes?|gigabytes?|pixels?)\b",
    ),
    _of(
        "weight",
        wanted=r"(?:多少|几)(?:公斤|千克|斤|克|磅|吨)|多重|最重.{0,6}多少|限重|重量.{0,6}(?:多少|多大|上限|限制)|"
        r"行李额度?(?:是|有)?(?:多少|多大)|\bhow heavy\b|\bhow many (?:kg|kilo(?:gram|gramme)?s?|pounds|lbs|grams?)\b|"
        r"\bhow much (?:can|may|does|do|should|must) .{0,30}\bweigh\b|\bweight (?:limit|allowance)s?\b|"
        r"\b(?:maximum|what|which) weight\b",
        held=rf"{_NUMBER} ?(?:公斤|千克|斤|克|磅|吨)|"
        r"\d ?(?:kg|kilos?|kilogram(?:me)?s?|g|grams?|lbs?|pounds?|oz|ounces?|tonnes?)\b|"
        r"(?:无|没有)免费|不限重?|\bno (?:free |checked )?(?:baggage|luggage)\b",
    ),
    _of(
        "measure",
        wanted=r"(?:多少|几)(?:厘米|公分|毫米|英?寸|平方米?|平米|毫?升|度|瓦|毫安|伏)|多[宽厚]|(?:尺寸|面积|体积|容积|身高).{0,6}"
        r"(?:多少|多大|多高|上限|限制|要求)|\bhow (?:wide|tall|thick|deep)\b|"
        r"\bhow many (?:cm|centimet\w+|inches|feet|lit(?:er|re)s|square \w+|degrees|watts?)\b|"
        r"\b(?:what|which|maximum) (?:size|dimensions|height|area|volume) (?:limit|can|may|is|are|of)\b",
        held=rf"{_NUMBER} ?(?:厘米|公分|毫米|英?寸|平方米?|平米|毫?升|度|瓦|毫安|伏|米)|\d ?[×x*] ?\d|"
        r"\d ?(?:cm|mm|m|(?:milli|centi)?met(?:er|re)s?|inch(?:es)?|in|feet|ft|l|ml|lit(?:er|re)s?|°c?|wh?|mah|v|m2|㎡|"
        r"[kmgt]b)\b|像素|兆",
    ),
    _of(
        "distance",
        wanted=r"多远|多少(?:米|公里|千米)|半径(?:是|有)?(?:多大|多少)|\bhow (?:far|near|precise)\b|"
        r"\bhow many (?:metres|meters|kilomet\w+|miles|km)\b|\b(?:what|which) (?:radius|distance)\b",
        held=rf"[\d{HAN_AMOUNT}](?:米|公里|千米)|\d ?(?:m|km|metres?|meters?|miles?)\b|附近|精确|大致|"
        r"\b(?:nearby|precise|coarse|approximate|exact)\b",
    ),
    _of(
        "registration",
        wanted=r"(?:备案|许可证|注册|登记|执照|信用代码|资质)(?:编?号|代码)|icp ?备案|"
        r"\b(?:registration|licen[cs]e|company|permit|vat) (?:number|no\.)",
        held=r"[a-z\d]{8,}|备.{0,4}\d|证.{0,4}\d|第\d+号|\bno\. ?\d|\bnumber \w{0,3}\d",
    ),
    _of(
        "court",
        wanted=r"(?:哪个|哪家|什么|哪里的?|哪儿的?)(?:法院|仲裁)|(?:去|在|到)哪(?:里|儿)?(?:起诉|打官司|仲裁|告你)|归哪.{0,3}法院|适用哪.{0,4}法律|"
        r"\b(?:which|what) (?:courts?|tribunal|jurisdiction)\b|\bwhere (?:can|do|could) i sue\b|"
        r"\b(?:which|what)(?: country's| state's)? law (?:applies|governs)\b|\bgoverning law\b",
        held=r"法院|仲裁|管辖|\bcourts?\b|\barbitrat\w+|\bjurisdiction\b|\bgoverned by\b|\blaws? of\b",
    ),
    _of(
        "person",
        wanted=r"(?:负责人|老板|法人|代表人|创始人|总裁|经理|董事长|ceo|cto|dpo|客服|专员)(?:是谁|叫什么|姓什么|叫啥|的?名字)|"
        r"(?<!公司|企业|平台|软件|应用|机构|产品|店铺)叫(?:什么|啥)名字|(?<![叫是])什么名字|谁是(?:你们)?.{0,10}(?:负责人|老板|法人|ceo|dpo|专员)|"
        r"\bwho(?:'s| is) (?:the |your )(?:.{1,20} )?(?:officer|dpo|ceo|cto|founder|owner|boss|director|head)\b|"
        r"\bname of (?:the |your )(?:.{1,20} )?(?:officer|dpo|ceo|cto|founder|owner|boss|director|president)\b",
        held=r"先生|女士|(?:负责人|代表人|联系人|保护官|专员|officer|director|ceo)(?:为|是|[:：]|,| is)|"
        r"\bm(?:r|s|rs|iss)\.? [a-z]|姓名[:：]",
    ),
    _of(
        "account",
        wanted=r"(?:微信号|公众号|qq ?号?群?|微博|抖音号|推特)(?:是|叫|名)?(?:多少|什么|哪个|啥)|"
        r"\b(?:wechat id|facebook page|twitter|instagram|whatsapp|telegram)\b.{0,20}\?|"
        r"\bwhat(?:'s| is) your (?:wechat|twitter|facebook|instagram|whatsapp)\b",
        held=r"微信号|公众号|\bqq\b|微博|抖音号|\b(?:wechat|facebook|twitter|instagram|whatsapp|telegram)\b",
    ),
    _of(
        "email",
        wanted=r"(?:邮箱|邮件|电邮)(?:地址)?(?:是|叫)?(?:多少|什么|哪个|啥)|(?:哪个|什么)邮箱|"
        r"(?:负责人|专员|部门|团队|公司|客服|官方)的?(?:电子)?(?:邮箱|邮件地址)[?呢是 ]{0,2}$|"
        r"\bwhat(?:'s| is) .{0,40}\be-?mail address\b|\bwhat(?:'s| is) your e-?mail\b|\b(?:which|what) e-?mail\b|"
        r"\be-?mail address (?:of|for|to)\b",
        held=r"@",
    ),
    _of(
        "telephone",
        wanted=r"(?:电话|热线|手机号?码?)(?:号码?)?(?:是?多少|是什么|是哪个|怎么打|几号)|\bhotline\b|"
        r"\b(?:phone|telephone) number (?:of|to call|for (?:customer|support|complaints|the))\b|"
        r"\bwhat(?:'s| is) (?:your|the (?:\w{1,20} )?(?:phone|telephone)) (?:phone |telephone |contact )?number\b|"
        r"\bnumber (?:can i|to|do i|should i) (?:call|ring|dial)\b",
        held=r"\d[\d ,-]{5,20}\d|(?:电话|热线|拨打|hotline|call)[^\d]{0,12}\d{5}",
    ),
    _of(
        "link",
        wanted=r"网址|链接|网站地址|网页地址|\burl\b|\bweb ?(?:site )?(?:address|link)\b|\blinks? to\b|"
        r"\bwhat(?:'s| is) (?:the|your) website\b",
        held=r"https?:|www\.|\w\.(?:com|cn|net|org|io|html?|example)\b|链接|网址|\blinks?\b",
    ),
    _of(
        "place",
        wanted=r"服务器.{0,4}[在放设]在?(?:哪|什么地方)|"
        r"(?:在|位于)(?:哪个|哪座|什么|哪)(?:城市|省|市|国家)|哪个(?:城市|省|市|国家)(?!标准)|哪座城|"
        r"(?:公司|办公|注册|邮寄|通讯|办公室)地址(?:是|在|$|呢|吗|\?)|寄到哪|地址在哪|总部在|"
        r"\b(?:which|what) (?:city|cities|country|countries|states?|regions?|towns?)\b|"
        r"\bwhere (?:is|are) (?:the |your )?(?:company|headquarters?|office|servers?|data cent(?:er|re)s?)"
        r"(?: (?:based|located|registered))?\b|\bwhere are you (?:based|located)\b|"
        r"\b(?:street|postal|mailing|office|registered|business) address\b",
        held=r"境内|境外|中国|国内|海外|香港|澳门|台湾|[\u4e00-\u9fff](?:省|市(?!场)|区(?!分)|县|镇|路(?!由)|街|大厦|楼|"
        r"室(?!内))|美国|英国|德国|法国|韩国|欧盟|欧洲|新加坡|日本|\b(?:china|united (?:states|kingdom)|usa?|uk|eu|"
        r"europe\w*|ireland|germany|france|singapore|japan|canada|india|hong kong|street|road|avenue|lane|"
        r"square|drive|quay|wharf|yard|floor|suite|building|p\.?o\.? box)\b|\baddress:|"
        r"\b[a-z]{1,2}\d[a-z\d]? \d[a-z]{2}\b",
        # "at clubs in Texas": a name behind in or at; months and days are none.
        printed=r"\b(?:in|at|near|from) (?:the )?(?!January|February|March|April|May|June|July|August|September|October"
        r"|November|December|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)[A-Z][a-z]{2,20}\b",
    ),
    _of(
        "version",
        wanted=r"(?:哪个|哪一个|什么|几)版本(?![的以])|版本号|第几版|\b(?:which|what) version\b|\bversion number\b",
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
        wanted=r"几岁|多少岁|多大(?:年龄|岁|的孩子|才)|什么年龄|年龄(?:限制|要求|下限)|\bhow old\b|"
        r"\b(?:minimum|what|which) age\b|\bage (?:limit|requirement)s?\b",
        held=rf"[\d{HAN_AMOUNT}]{{1,3}}周?岁|\b\d{{1,2}}\b(?![{WIDE}])|成年|儿童|\b(?:minors?|child|children|adults?|teen\w*)\b",
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
        wanted=r"多少(?:次|台|个|人|家|种|类|条|位|名)|"
        r"多少(?![钱元块])[\u4e00-\u9fff]{0,2}(?:币|积?分(?!钟)|[张份件节页笔倍]|课时|点数|优惠券)|几(?:次|台|家|个人|种|类|条|位|级|项)(?!.{0,2}的)|"
        rf"\bhow many (?!{_TIME_EN}\b|times (?:a|per|each|every)\b|cookies\b)\w+",
        held=rf"\d|{_NUMBER}(?:次|台|家|个|种|类|条|级|项|名)|全部|所有|多次|、[^、]{{1,20}}、|,[^,]{{1,30}},|"
        r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|several|each|every|all|single|both)\b",
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
    asked = normalized(asked_itself(question))
    if _is_told_on(asked):
        return ()
    return tuple(kind for kind in ANSWER_TYPES if kind.wanted.search(asked))


def needed(question: str) -> tuple[AnswerType, ...]:
    """Return the kinds of value that a question wants without which a text is no answer to it."""
    return tuple(kind for kind in wanted(question) if kind.needed)


def _is_told_on(asked: str) -> bool:
    """Say whether a question asks if somebody learns a value, which is yes or no, not what the value is."""
    if has_han(asked):
        return bool(_YES_NO_ZH.search(asked) and _LEARNS_ZH.search(asked) and not _REQUESTS_ZH.search(asked))
    return _LEARNS_EN.search(asked) is not None


_YES_NO_ZH = re.compile(r"[吗嘛么吧][?!。 ]{0,3}$|(?P<modal>[会能])不(?P=modal)|可不可以|是否|能否|会否")
_LEARNS_ZH = re.compile(
    r"(?:告诉|告知|通知|透露|泄露|知道|得知|看到|看见|看出|查到|显示|公开).{0,12}(?:我|他|她|孩子|用户|客户|本人).{0,10}"
    r"(?:多少|几|多久|多大|什么|哪|谁)"
)
# 能告诉我要多少钱吗 asks for the value.
_REQUESTS_ZH = re.compile(
    r"(?:能|可以|能否|可否|请|麻烦)(?:你们?|您)?(?:告诉|告知|通知)(?:一下|下)?我|(?:^|[你您我]们?)(?:[想能要]|可以)?知道"
)
_LEARNS_EN = re.compile(
    r"^(?:so |and |but )?(?!(?:do|would|can|could|may|will) (?:i|we) |(?:do|would) you (?:happen to )?know\b)"
    r"(?:do|does|did|will|would|can|could|may|is|are) .{0,60}"
    r"\b(?:see|sees|know|knows|learn|find out|tell|told|show|shown|reveal|disclose)\b(?! (?:me|us)\b).{0,40}"
    r"\b(?:how (?:much|many|long|often|far|old)|what|which|when|where|who) (?:\w{1,20} ){0,2}"
    r"(?:i|we|my|our|he|she|they|users?)\b"
)


def holds(text: str, kind: AnswerType) -> bool:
    """Say whether a text holds a value of this kind.

    >>> duration = ANSWER_TYPES[0]
    >>> holds("我们会在十五个工作日内答复", duration), holds("我们会加密保存您的信息", duration)
    (True, False)
    """
    return bool(kind.held.search(_plain(text)) or (kind.printed and kind.printed.search(text)))


# The sentences of a policy are read for one question after another.
@lru_cache(maxsize=10_000)
def _plain(text: str) -> str:
    return unlaid(normalized(text))
