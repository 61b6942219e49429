"""Frequencies of letters and common words of languages, for guessing encodings.

Rough figures are enough: a wrong encoding yields letters that the language does not use at all.
"""

import math
from typing import NamedTuple


class Language(NamedTuple):
    """A language written in one of several encodings, the likeliest first.

    `letters` are the non-ASCII ones: with their percentage for Latin languages, else ordered by frequency. `words` are
    common words.
    """

    codes: tuple[str, ...]
    encodings: tuple[str, ...]
    letters: dict[str, float]
    words: frozenset[str] = frozenset()
    is_alphabet: bool = False
    ascii_share_log: float = 0.0


WESTERN = ("cp1252", "iso8859_15", "cp850", "mac_roman")
CENTRAL = ("cp1250", "iso8859_2", "cp852")
BALTIC = ("cp1257", "iso8859_13", "iso8859_4")
CYRILLIC = ("cp1251", "iso8859_5", "cp866", "mac_cyrillic")

# Codes, encodings, letters with percents, words.
_LATIN = (
    ("en", WESTERN, "é.02 ï.005 è.004 ñ.004 ç.003 ö.004 ü.004 à.003 ê.002 á.002 ó.002 ô.002 â.002 £.01",
     "the you to and of is it that in what me this for my on your we have be no not are do with was don't it's he"
     " i a i'm just know can all get like out up but there they here so she from who well right"),
    ("fr", WESTERN, "é1.9 à.5 è.3 ê.25 ç.1 î.05 ô.05 ù.06 û.06 â.05 ë.01 ï.01 œ.03 ü.001 ÿ.001",
     "je de est pas le vous la tu que un il et à ne les en ce on une ça pour des moi qui mais dans du c'est j'ai bien"
     " elle si tout suis où être même très voilà déjà père mère après"),
    ("de", WESTERN, "ü.65 ä.55 ö.3 ß.3 é.01",
     "ich sie das ist du nicht die und es der wir was zu er ein in mir mit ja wie den auf mich dass so hier eine wenn"
     " für können über müssen schön natürlich würde wäre größe heißt weiß"),
    ("es", WESTERN, "ó.8 í.7 á.5 é.45 ñ.3 ú.2 ü.02 ¿.4 ¡.3 ª.002 º.002",
     "que de no la el es en lo un por qué me una te los se con para mi está si bien pero yo eso las sí su tu aquí del"
     " sé más él también señor así cómo estoy está"),
    ("pt", WESTERN, "ã.8 ç.5 é.6 á.45 ê.4 í.3 ó.3 õ.12 â.1 à.1 ú.15 ô.08 ü.003",
     "que não de eu um para se me uma está com do por te os é bem em ele como mas da você isso ela na sim mais aqui"
     " também até são já nós só está então"),
    ("it", WESTERN, "è.6 à.6 ò.25 ù.2 é.12 ì.1",
     "che di non la il un è per mi si ho sono ma cosa una in ti con le lo ha come hai no sei da io questo qui bene"
     " perché più può così già sì c'è"),
    ("nl", WESTERN, "é.06 ë.05 ï.02 ö.005 ü.005 è.01 ê.003 á.003 ó.005",
     "ik je het de is dat een niet en van wat we in ze op te hij zijn er maar met die heb voor ben mijn u dit hier"
     " naar één"),
    ("sv", WESTERN, "ä1.8 å1.3 ö1.3 é.03",
     "jag det är du inte att en och har vi på i för han vad med mig som här om dig den kan var så till hon ska de nej"
     " från får måste"),
    ("fi", WESTERN, "ä3.6 ö.45 å.02 š.005 ž.005",
     "on ei se en hän että mitä ja sinä minä olet oli mutta olen ole kun tämä niin voi nyt sen te hyvä mikä kuin"
     " täällä missä"),
    ("da", WESTERN, "å1.2 æ.9 ø.95 é.03",
     "jeg det er du ikke at en og har vi på til med for han hvad mig den så der dig et kan af de var her min om ham"
     " også må når være gør sådan år"),
    ("no nb nn", WESTERN, "å1.5 ø.9 æ.17 é.02 ò.002",
     "jeg det er du ikke en og har vi på til med for han hva meg at som deg den så kan av de var her min om være må"
     " når også år hvorfor gjør"),
    ("is", WESTERN, "ð4.4 á1.8 í1.6 þ1.4 ó1 ö.8 æ.8 ú.6 é.6 ý.25",
     "ég að er það í ekki og þú við hann ég var til sem þetta en með hún af um mér ha hvað já þér nei svo"),
    ("ca", WESTERN, "é.8 à.9 í.5 ó.6 è.5 ò.4 ç.2 ú.25 ï.05 ü.02 ·.1",
     "que de no la el és en un per una amb els què les em si et va del això ho molt més jo està també perquè aquí"),
    ("gl", WESTERN, "ó.7 í.6 á.6 é.5 ñ.3 ú.2 ü.01 ¿.1 ¡.1",
     "que de non o a e un unha en por os se para con do da como máis está isto na eu ti as ao foi é"),
    ("sq", (*WESTERN, "cp1250"), "ë7 ç.5",
     "të nuk që një për dhe në më është si po e i çfarë mund unë ti kam ka me ju ai duhet këtu pse"),
    ("ga", WESTERN, "á1.7 é1 í1.9 ó1 ú1", "an na agus tá is ní sé go ar mé bhí níl do le sin cad an sí raibh"),
    ("pl", CENTRAL, "ł1.8 ę1.1 ą1 ó.85 ż.85 ś.7 ć.4 ń.2 ź.06",
     "nie to się na w że co jest do i z jak ja mi tak za o tego ci go ale już po jestem ty być mnie dla czy tu są"
     " może cię wszystko dobrze gdzie więc też będzie coś"),
    ("cs", CENTRAL, "í3.2 á2.2 ě1.6 é1.3 ř1.2 č1 ž1 š.8 ý1 ů.7 ú.1 ó.03 ť.04 ď.02 ň.01",
     "to se je že na v a co jsem si ne jak tak ale do mě já o jsi za ti by jsme pro už mi když být tady jen vám"
     " může proč něco dobře"),
    ("sk", CENTRAL, "á2 í1.1 é.9 č1.1 š.9 ž1 ý1.1 ú.9 ľ.4 ť.6 ô.2 ä.1 ň.1 ó.1 ď.1 ŕ.01 ĺ.01",
     "to sa je že na v a čo som si nie ako tak ale do ma o za ti by sme pre už mi keď byť tu len vám môže prečo"
     " niečo dobre"),
    ("hu", CENTRAL, "á3.5 é3 ö1 ő1 ó1 ü.6 í.6 ú.3 ű.2",
     "a az nem hogy és is egy ez van meg azt de csak ha én te mit már itt volt mi jó kell ezt nincs vagy el ő még"
     " igen most így"),
    ("hr bs sl sr sh", CENTRAL, "č1 š1 ž.6 ć.8 đ.25",
     "je da se u ne to što na i za nije sam si ja a ti su kako ali mi ako bi te od smo imam što može još kaj sem"
     " bom lahko tudi ko sve ovo gdje šta želim"),
    ("ro mo", (*CENTRAL, "iso8859_16"), "ă4 î1.2 ş1.4 ţ1.2 â.9 ș1.4 ț1.2",
     "nu să de a că o e în la pe un ce mai cu am te este ai şi și din dar ca o fi pentru cred mă asta bine eu după"
     " fără când până"),
    ("tr", ("cp1254", "iso8859_9", "cp857"), "ı5 ş1.8 ü1.9 ğ1.1 ç1.2 ö.8 İ.25 â.05 î.01 û.01",
     "bir bu ne ve için da de ben o mi var çok sen değil beni evet daha gibi şey seni kadar hayır ama iyi olarak mı"
     " tamam benim"),
    ("az", ("cp1254", "iso8859_9"), "ı5 ş1.6 ü2 ğ.5 ç.9 ö1 İ.2",
     "bir bu və üçün da də mən o var çox sən deyil daha kimi şey"),
    ("lt", BALTIC, "ė1.6 ų1.2 š1 ž.8 ū.7 ą.7 į.6 č.45 ę.2",
     "ir tai kad aš ne yra ką su į tu kaip mes jis bet ar čia taip iš man jei kas tik mano apie buvo dar jūs"),
    ("lv", BALTIC, "ā4 ī2 ē1.6 š1 ņ.6 ū.6 ļ.4 ž.3 ķ.15 č.12 ģ.13",
     "es ir un ka tu nav to par ar kas tas man no ko viņš kā bet vai uz lai mēs tik šo jūs mani te jā nē būs"),
    ("et", (*BALTIC, "cp1252"), "ä1.4 õ1.1 ü.85 ö.3 š.01 ž.01",
     "on ei see ma et ja sa kui mis ta ole aga oli oma siis me mida te seda ma kas siin hea olen"),
    ("mt eo", ("iso8859_3",), "ħ1 ġ.6 ż.8 ċ.6 ĉ.6 ĝ.6 ĥ.05 ĵ.2 ŝ.3 ŭ.6", "li ta u fil ma għal kaj la mi ne estas"),
    ("vi", ("cp1258",), "đ2 ư2.2 ô1.4 â1.1 ê1.3 ơ1.2 à1.3 á1.4 ã.4 ă.7 ó.6 ì.6 í.5 ò.3 è.1 é.2 õ.1 ú.4"
     " ù.3 ý.2 \u03003 \u03013.5 \u0309.9 \u0303.7 \u03231.8",
     "không là anh tôi có cô và em đi gì của được cho này một các chúng người đó phải con ở bà ông nó đã với"),
)  # fmt: skip

# Codes, encodings, letters in the order of how often they come.
_ALPHABETS = (
    ("ru", (*CYRILLIC, "koi8_r"), "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"),
    ("uk", (*CYRILLIC, "koi8_u"), "оаинівтерслкудмпьязгбчхцйюїжєщшфґ"),
    ("bg", CYRILLIC, "аоеинтрсвлкдпмзгъубчяцжщйхюшфь"),
    ("sr bs sh", CYRILLIC, "аоеинртсјвукмдлпзгбљчњћжшцхђфџ"),
    ("mk", CYRILLIC, "аоеинтрсвкдлпмугјзбчшжцњџќхѓѕљф"),
    ("be", CYRILLIC, "аінеорстклывпямудзьбгчйўхжцшёфюэ"),
    ("el", ("cp1253", "iso8859_7", "cp737"), "αοιετνσηυρπκλμςώόίάέήδύωγχθφβξζψϊϋΐΰ"),
    ("he iw yi", ("cp1255", "iso8859_8"), "יוהלאמתרבשנכעםדחקפטזגסןצךףץ"),
    ("ar", ("cp1256", "iso8859_6"), "اليمنوترهبدسفعكقحجةأشصطخذزثىغإئضظءآؤ\u064b\u064e\u0650\u064f\u0651"),
    ("fa ur", ("cp1256",), "اينرمدهتوسبشكزقخگفعآجچپحصطلئغضذژثظءأ"),
    ("th", ("cp874",), "านรอกเง่มย้ลวดัทสตะีปิบคหแจพช์ขใไุโูำืผธณ็ึซภศถฟญษฐฉฎ๊ฤๆ"),
)  # fmt: skip

# The commonest come first; what follows is common, too.
HIRAGANA = "いのんたとなてうかしにるはっでくれがすよこもさだきまりらあせおどそえけじをやつろみめわちばえげべずゃょぶ"
KANJI = (
    "日一国会人年大十二本中長出三同時政事自行社見月分議後前民生連五発間対上部東者党地合市業内相方四定今回新場金員九"
    "入選立開手米力学問高代明実円関決子動京全目表戦経通外最言氏現理調体化田当八六約主題下首意法不来作性的要用制治度"
    "務強気小七成期公野協取都和統以機平総加山思家話世受区領多県続進正安設保改数記院女初北午指権心界支第産結百派点教"
    "報済書府活原先共得解名交資予川向際査勝面委告軍文反元重近千考判認画海参売利組知案道信策集在件団別物側任引使求所"
    "次水半品昨論計死官増係感特情投示変打男基私各始島直両朝革価式確村提運終挙果西勢減台広容必応演電歳住争談能無再位"
    "置企真流格有疑口過局少放税検町常校料裁状工建語球営空職証土与急止送援供可役構木割聞身費付切由説転食比難防補車優"
    "夫研収断何南石足違消境神番規術護展態導備宅害配副算視条独警宮究育席訪楽起万着乗店残想線率病声質念待試族象銀域助"
    "労例衛然早張映限親額験追商葉義伝働形景落担好退準造英被頭技低毛医復仕去姿味負失移差個門写評末守若脳極種美影命含"
    "福量望非撃観察整段白深字答夜製況音申様港識注呼達俺君僕誰彼父母兄弟殺逃帰嫌怖愛夢笑泣昼寝犬猫友妹姉娘息妻牛魚"
)
SIMPLIFIED = (
    "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天"
    "而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些"
    "与高意进把法此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相"
    "次东政海口使教西再平真听世气信北少关并内加化由却代军产入先山五太水万市眼体别处总才场师书比住员九笑性通目华报立"
    "马命张活难神数件安表原车白应路期叫死常提感金何更反合放做系计或司利受光王果亲界及今京务制解各任至清物台象记边共"
    "风战干接它许八特觉望直服毛林题建南度统色字请交爱让认算论百吃义科怎元社术结六功指思非流每青管夫连远资队跟带花快"
    "条院变联言权往展该领传近留红治决周保达办运武半候七必城父强步完革深区即求品士转量空甚众技轻程告江语英基派满式李"
    "息写呢识极令黄德收脸钱党倒未持取设始版双历越史商千片容研像找友孩站广改议形委早房音火际则首单据导影失拿网香似斯"
    "专石若兵弟谁校读志飞观争究包组造落视济喜离虽坏苦谢吗吧啊哪昨喝妈爸您它们哦嗯嘿帮忙错跑杀枪警察晚饭睡"
)
TRADITIONAL = (
    "的一是不了人我在有他這中大來上國個到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可她裡後小麼心多天"
    "而能好都然沒日於起還發成事只作當想看文無開手十用主行方又如前所本見經頭面公同三已老從動兩長知民樣現分將外但身些"
    "與高意進把法此實回二理美點月明其種聲全工己話兒者向情部正名定女問力機給等幾很業最間新什打便位因重被走電四第門相"
    "次東政海口使教西再平真聽世氣信北少關並內加化由卻代軍產入先山五太水萬市眼體別處總才場師書比住員九笑性通目華報立"
    "馬命張活難神數件安表原車白應路期叫死常提感金何更反合放做系計或司利受光王果親界及今京務制解各任至清物台象記邊共"
    "風戰乾接它許八特覺望直服毛林題建南度統色字請交愛讓認算論百吃義科怎元社術結六功指思非流每青管夫連遠資隊跟帶花快"
    "條院變聯言權往展該領傳近留紅治決周保達辦運武半候七必城父強步完革深區即求品士轉量空甚眾技輕程告江語英基派滿式李"
    "息寫呢識極令黃德收臉錢黨倒未持取設始版雙歷越史商千片容研像找友孩站廣改議形委早房音火際則首單據導影失拿網香似斯"
    "專石若兵弟誰校讀志飛觀爭究包組造落視濟喜離雖壞苦謝嗎吧啊哪昨喝媽爸您妳喔嗯嘿幫忙錯跑殺槍警察晚飯睡裏嘅咗喺唔係佢哋"
)
HANGUL = (
    "이다는에을가의고하지은도를한서로사으니어나기아들리자인그라것게대시해일수있보정만부내장말요면안여야우상제오거주전"
    "러모원당무었년생동스마려경성조소국문세구화신과관적선연물분위치와방차진개네죠까요없어왜뭐할저너난널날때더집잘못맞았"
    "했습니됐될된데든트드디크카프르레라루바버브비미바파피하호후히행현형회희별변벌별복본봐볼봤발밤밖반받박바람래려력령류"
    "른름릴립링매먼며명목몸무믿밀및싸쓰씨아악안알암앞애야약양얘언얼엄업엔여역열영예옛온올왕외요용울움워월유육음응의입"
    "있잊작잖재쟁저적전절점접젊정제져족존종좋죄주죽준줄중즈증지직질집찾채책처천첫청체초총최추출충취친침칠칼커켜코콜큰"
    "키타탄태터테토통투특판편평포표품풍필함합항해향허험혀혼확환황효훈흐흥힘같걸겁겠결계곳공광괜교군굴권귀근글금급긴길"
    "김깨꺼께꼭끝남녀녕논높누눈느늘능님단달담답덕독돈돌둘뒤득등딸땅떠떻또뛰뜻"
)


def _percents(letters: str) -> dict[str, float]:
    """Return {letter: share of the text} of "é1.9 à.5", with the capitals, which are a tenth as common."""
    shares: dict[str, float] = {}
    for each in letters.split():
        letter, share = each[0], float(each[1:]) / 100
        if letter.upper() != letter and len(letter.upper()) == 1:
            shares[letter.upper()] = share / 12
        shares[letter] = share
    return shares


def _ranked(letters: str) -> dict[str, float]:
    """Return {letter: share} of letters in their order: each is a little rarer than the one before."""
    weights = {letter: 0.91**rank for rank, letter in enumerate(dict.fromkeys(letters))}
    total = sum(weights.values())
    shares = {letter: 0.95 * weight / total for letter, weight in weights.items()}
    return {letter.upper(): share / 12 for letter, share in shares.items() if len(letter.upper()) == 1} | shares


def _latin(codes: str, encodings: tuple[str, ...], percents: str, words: str) -> Language:
    letters = _percents(percents)
    ascii_share_log = math.log(1 - sum(letters.values()))
    return Language(tuple(codes.split()), encodings, letters, frozenset(words.split()), False, ascii_share_log)


LANGUAGES = (
    *(_latin(*language) for language in _LATIN),
    *(Language(tuple(codes.split()), pages, _ranked(each), is_alphabet=True) for codes, pages, each in _ALPHABETS),
)
