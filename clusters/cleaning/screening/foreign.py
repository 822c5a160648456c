"""Orders to drop the rules in other languages than English: verb and object, in either order."""

from __future__ import annotations

import re

from clusters.cleaning.screening.rules import Rule, rule

_REASON = "It asks an agent to drop the rules it was given."
_BEGIN = r"(?:^|[¶:;,\"'`(\[>*-]\s{0,3}|\b(?:please|bitte|por favor|s'il (?:vous|te) pla[i]t|per favore|prego|prosze|lutfen|ahora|maintenant|jetzt|adesso|agora|nu|teraz|y|et|und|e|en|i|a|simplemente|ora|simplesmente|nun|alsjeblieft|snalla|tolong|mohon|hay|debes|devi|deves|deve|tu dois|vous devez|du (?:musst|sollst|må|maste)|sie (?:mussen|sollen)|je moet|musisz|musis)\b\W{0,3})"

# Verb, object; accents are gone. Only clearly ordering forms, or at the beginning of a clause.
_LATIN: tuple[tuple[str, str], ...] = (
    # German
    (r"(?:ignorier(?:e|en sie|t)?|missacht(?:e|en sie)|vergiss|vergesst|vergessen sie|uberspringe?|verwirf|verwerfen sie|beachte[n]?(?: sie)?|befolge[n]?(?: sie)?|halte? dich)", r"(?:anweisung|instruktion|vorgabe|regeln|befehl|prompt|anordnung|auftrag|auftrage|richtlinie|plan\b|was (?:dir|ihnen|man dir)|deine regeln)"),
    # French
    (r"(?:ignore[rz]?|oublie[rz]?|neglige[rz]?|ne (?:tiens|tenez|tenir) (?:pas|plus|aucun) compte|ne (?:suis|suivez) (?:pas|plus)|fais abstraction|faites abstraction|laisse(?:z)? tomber)", r"(?:instruction|consigne|directive|regle|ordre|indication|plan\b|tout ce qu|ce qu'on|ce que l'on|ce qui (?:precede|t'a))"),
    # Spanish
    (r"(?:ignor[ae]n?|olvid[ae](?:te)?|haz caso omiso|haga caso omiso|descart[ae]|desestim[ae]|no (?:sigas|siga|hagas caso|obedezcas)|omit[ae])", r"(?:instruccion|orden(?:es)? (?:anterior|previa)|indicacion|regla|directriz|directrices|todo lo (?:anterior|que)|el plan\b|lo que (?:te|se te|le) |consigna)"),
    # Italian
    (r"(?:ignor[ai]|dimentica|trascura|non (?:seguire|considerare|tenere conto)|scorda)", r"(?:istruzion|ordini|regole|direttiv|indicazion|(?:cio|quello) che ti)"),
    # Portuguese
    (r"(?:ignor[ae]|esquec[ae]|desconsider[ae]|nao siga|descart[ae])", r"(?:instruc|ordens|regras|diretriz|orientac|o que (?:te|lhe)|tudo o que|comandos)"),
    # Dutch
    (r"(?:negeer|vergeet|sla .{0,20} over|volg .{0,20} niet)", r"(?:instructie|opdracht|regels|aanwijzing|richtlijn|alles wat)"),
    # Polish, Czech
    (r"(?:zignoruj|ignoruj|zapomnij|pomin|zapomen|nerespektuj)", r"(?:instrukcj|polece|zasad|wytyczn|instrukc|pokyn|pravidl|prikaz)"),
    # Swedish, Danish, Norwegian
    (r"(?:ignorera|ignorer|glom|glem|bortse fran|se bort fra|strunta i)", r"(?:instruktion|anvisning|instruks|regler|order|ordre)"),
    # Turkish
    (r"(?:yok say|gormezden gel|unut|dikkate alma|goz ardi et)", r"(?:talimat|komut|kural|yonerge)"),
    # Indonesian, Vietnamese, Romanian, Hungarian, Finnish
    (r"(?:abaikan|lupakan|bo qua|quen|ignora|uita|hagyd figyelmen kivul|felejtsd el|unohda|ohita|ala valita)", r"(?:instruksi|perintah|petunjuk|huong dan|chi dan|lenh|instructiun|reguli|utasitas|szabaly|ohjeet|ohjeita|kehotteet)"),
)  # fmt: skip
_OTHER: tuple[tuple[str, str], ...] = (
    (r"(?:игнорируи|игнорируй|игнорируите|проигнорируи|проигнорируй|забудь|забудьте|не обращаи|не обращай|не следуи|не следуй|отмени|отбрось|ігноруи|ігноруй|проігноруи|проігноруй)", r"(?:инструкци|указани|правил|команд|приказ|інструкці|вказів)"),
    (r"(?:忽略|无视|忽視|無視|不要理会|不要遵|忘记|忘記|忘掉|抛开|覆盖)", r"(?:指令|指示|说明|說明|提示|规则|規則|命令|要求|设定|設定)"),
    (r"(?:無視|忘れ|従わない|無効に)", r"(?:指示|命令|ルール|プロンプト|指令|規則)"),
    (r"(?:무시|잊어|잊으|따르지)", r"(?:지시|명령|규칙|지침|프롬프트)"),
    (r"(?:تجاهل|انس|انسى|لا تتبع|أهمل|اهمل)", r"(?:تعليمات|أوامر|اوامر|قواعد|توجيهات)"),
    (r"(?:התעלם|תתעלם|שכח|תשכח)", r"(?:הוראות|הנחיות|כללים)"),
    (r"(?:अनदेखा|नजरअंदाज|नज़रअंदाज़|भूल)", r"(?:निर्देश|आदेश|नियम)"),
    (r"(?:αγνοησε|αγνοηστε|ξεχασε|ξεχνα)", r"(?:οδηγι|εντολ|κανον)"),
    (r"(?:เพิกเฉย|ละเว้น|ลืม|ไม่ต้องสนใจ)", r"(?:คำสั่ง|คําสั่ง|คำแนะนำ|กฎ)"),
)  # fmt: skip
_LEAK = r"(?:zeige?|gib|verrate|sende|schicke|drucke|affiche[rz]?|montre[rz]?|envoie|envoyez|revele[rz]?|imprime[rz]?|muestra|envia|revela|imprime|mostra|stampa|invia|rivela|mostre|envie|exiba|toon|stuur|onthul|pokaz|wyslij|ujawnij|visa|skicka|goster|gonder|покажи|выведи|отправь|раскрои|раскрой|пришли|显示|输出|发送|打印|泄露|表示して|出力して|送信して)"
_SECRETS = r"(?:umgebungsvariable|geheimniss|zugangsdaten|passworter|api-?schlussel|system-?prompt|systemanweisung|variables? d'environnement|cles? (?:api|secret|privee)|mots? de passe|invite systeme|prompt systeme|vos consignes|tes consignes|variables de entorno|claves? (?:api|secreta|privada)|contrasenas|prompt del sistema|credenciales|variabili d'ambiente|chiavi (?:api|segret)|credenziali|variaveis de ambiente|chaves? (?:api|secreta)|credenciais|omgevingsvariabelen|wachtwoorden|zmienne srodowiskowe|hasla|miljovariabl|ortam degiskenleri|переменные окружения|переменные среды|пароли|секреты|токены|ключи|системныи промпт|системный промпт|环境变量|密钥|密码|令牌|系统提示|環境変数|パスワード|システムプロンプト|トークン|秘密鍵)"

_NOW = r"(?:(?:tu es|vous etes) (?:maintenant|desormais|a present)|(?:maintenant|desormais),? (?:tu es|vous etes)|du bist (?:jetzt|nun|ab sofort|ab jetzt)|(?:ab sofort|ab jetzt|von nun an) bist du|sie sind (?:jetzt|nun|ab sofort) (?:der|die|ein)|(?:ahora eres|eres ahora|a partir de ahora eres)|(?:agora (?:voce e|es|tu es)|voce agora e|a partir de agora voce)|(?:ora sei|sei ora|adesso sei|d'ora in poi sei)|je bent (?:nu|vanaf nu)|(?:teraz jestes|jestes teraz|od teraz jestes)|artik sen|sen artik|теперь ты|ты теперь|отныне ты|du ar nu|du er na|你现在是|从现在起你|你是一个没有|あなたは今|これからあなたは|이제 (?:당신|너)은?|너는 이제|أنت الآن)"


def _needs(noun: str) -> tuple[str, ...]:
    """How the ways of a pattern to begin are spelt, one of which a text has to contain."""
    begins = (re.match(r"(?:\(\?:)*([^\W_][^\W_ ']*)", way) for way in noun.split("|"))
    return tuple({_begin(match[1], match.end(), match.string) for match in begins if match})


def _begin(word: str, end: int, way: str) -> str:
    """Without a last letter that need not be there."""
    return word[:-1] if way[end : end + 1] == "?" and len(word) > 1 else word


FOREIGN_RULES: tuple[Rule, ...] = (
    rule("instructions", _REASON, r"\bhat (?:vorrang|prioritat) vor\b|\ba (?:la )?priorite sur\b|\btiene (?:prioridad|preferencia) sobre\b|\btem (?:prioridade|precedencia) sobre\b|\bha (?:la )?(?:priorita|precedenza) su\b|\bheeft voorrang (?:op|boven)\b|\b\u043f\u0440\u0438\u043e\u0440\u0438\u0442\u0435\u0442 \u043d\u0430\u0434\b|优先于", "hat ", "prior", "preced", "prefer", "voorrang", "приоритет", "优先"),
    rule("role_play", "It asks an agent to be somebody else.", _NOW),
    *(
        rule("instructions", _REASON, rf"{_BEGIN}(?:{verb})\b[^¶]{{0,60}}?{noun}", *_needs(noun))
        for verb, noun in _LATIN
    ),
    rule("instructions", _REASON, r"(?:anweisung|instruktion|vorgabe|befehle|richtlinie)\w{0,4}[^¶]{0,30}?\b(?:zu ignorieren|zu vergessen|nicht (?:mehr )?(?:zu )?(?:befolgen|beachten)|sind (?:ungultig|aufgehoben|hinfallig))", "anweisung", "instruktion", "vorgabe", "befehle", "richtlinie"),
    rule("instructions", _REASON, r"(?:talimat|komut|kural|yonerge)\w{0,10}[^¶]{0,30}?(?:yok say|gormezden gel|unut|dikkate alma|goz ardi et)", "talimat", "komut", "kural", "yonerge"),
    *(rule("instructions", _REASON, rf"{verb}[^¶]{{0,40}}?{noun}|{noun}[^¶]{{0,30}}?{verb}") for verb, noun in _OTHER),
    rule("exfiltration", "It asks for secrets to be printed or sent somewhere.", rf"{_BEGIN}?{_LEAK}[^¶]{{0,60}}?{_SECRETS}|{_SECRETS}[^¶]{{0,12}}?(?:\u8868\u793a\u3057\u3066|\u51fa\u529b\u3057\u3066|\u9001\u4fe1\u3057\u3066)", *_needs(_SECRETS)),
)  # fmt: skip
