"""What is asked of whoever fixes a report in other languages than English: a deed and a thing.

The deeds stand in their ordering forms, without accents (`folding.py`); a request in front, or a
word for the agent, lets the plain form of the verb count as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clusters.cleaning.base import Flag, excerpt

_END = re.compile(r"[¶\n\u3002\uff01\uff1f]")
_QUOTED = re.compile(r"\"[^\"\n]{1,200}\"")
_MOST = 200  # sentences of one text
_LONGEST = 400  # characters of one sentence
_CJK = re.compile(
    "[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0600-\u06ff\u0900-\u097f\u0e00-\u0e7f]"
)

_ENGLISH = re.compile(
    r"\b(?:the|when|with|to|that|this|from|by|are|my|our|not|should|and|for|please)\b"
)

_CONTROL = "It asks to take away tests, reviews or checks."
_SECRETS = "It asks for secrets to be printed or sent somewhere."
_RUNS = "It asks to run a command that does more than the defect needs."
_SHIPS = "It asks to merge, push or publish without those who decide."
_RIGHTS = "It asks for rights for somebody or something."
_RULES = "It asks an agent to drop the rules it was given."

_ASKED = re.compile(
    r"\b(?:bitte|soll(?:en|te|ten|st)?|muss(?:en|t)?|mochte|du|s'il (?:vous|te) plait|merci de|veuillez|prière|priere de|il faut|tu dois|vous devez|doit|pense[rz]? a|n'oublie[rz]? pas|por favor|debes?|deben|debe|tienes que|hay que|asegurate|puedes|podrias|precisa|deve[ms]?|favor|voce|per favore|devi|dovete|si prega|bisogna|gelieve|graag|moet|alsjeblieft|alstublieft|prosze|nalezy|musisz|trzeba|prosim|lutfen|vanligen|snalla|venligst|vennligst|tolong|mohon|harap|hay|vui long|kerlek|te rog|va rog"
    r"|agente?n?|ki|ia|assistente?|asistente|bot|пожалуиста|пожалуйста|нужно|надо|должен|должна|следует|агент|бот|будь ласка|потрібно)\b|请|請|务必|需要|ください|下さい|してほしい|주세요|하세요|하십시오|해라|من فضلك|يرجى|يجب|कृपया|करें|करो|בבקשה|אנא|โปรด|กรุณา|παρακαλω"
)
_WRONG = re.compile(
    r"\b(?:funktioniert nicht|nicht mehr|geht nicht|fehler(?:meldung)?|kann (?:man |ich |jeder )|lasst sich|wird (?:nicht|ignoriert|trotzdem)|werden (?:nicht|trotzdem)|ne fonctionne|erreur|ne peut|ne (?:s'affiche|marche)|impossible de|n'est pas|no funciona|no se puede|error|falla|nao funciona|erro|falha|non funziona|errore|werkt niet|fout(?:melding)?|nie dziala|blad|не работает|ошибк\w*|не удается|calismiyor|hata|fungerar inte|virker ikke"
    r"|eine option|une option|una opcion|uma opcao|un'opzione|schaltflache)\b|功能|選項|选项|機能|기능|옵션|オプション|ميزة|خيار|エラー|できません|できない|动不了|无法|不能|报错|错误|失败|오류|않습니다|안 됩니다|خطأ|لا يعمل"
)

_TESTS = r"\b(?:tests?\b|testfalle?\w*|pruf(?:ung|schritt|ungen)\w*|uberprufung\w*|freigabe\w*|review\w*|pipeline\w*|workflows?\b|ci\b|linter\b|pre-commit|branch-?schutz\w*|sicherheits(?:prufung|scan|check)\w*|scanner?s?\b|revision(?:es)?\b|verifications?\b|verificacion\w*|verificac(?:ao|oes)|verifica\b|controle?s?\b|controll[oi]\b|comprobacion\w*|comprobac\w*|pruebas\b|protections?\b|proteccion\w*|protecao|protezione|testes\b|relecture\w*|validations?\b|securite\b|seguridad\b|seguranca\b|sicurezza\b|beveiliging\w*|beveiligingscontrole|testy\b|kontrol\w*|sprawdz\w*|zabezpiecz\w*|testleri\b|guvenlik\w*|тест\w*|проверк\w*|защит\w*|безопасност\w*|перевірк\w*)|测试|測試|テスト|테스트|检查|檢查|チェック|검사|保护|保護|审查|審査|レビュー|검토|보안|安全|الاختبارات|اختبار|الأمان|टेस्ट|परीक्षण"
_GUARDED = r"\.env\b|(?<!\w)env\b|\b(?:umgebungsvariable\w*|zugangsdaten|passworte?r?\w*|geheimniss\w*|schlussel\w*|api-?\w{0,12}|token\w*|secrets?|variables? d'environnement|cles?|mots? de passe|identifiants|jetons?|variables? de entorno|claves?|contrasenas?|credencia\w*|variave(?:l|is) de ambiente|chaves?|senhas?|segredos?|variabili d'ambiente|chiav[ei]|credenzial\w*|omgevingsvariabele\w*|wachtwoord\w*|sleutels?|zmienne srodowiskowe|hasl[ao]\w*|klucz\w*|sifre\w*|anahtar\w*|ortam degisken\w*|\w+_(?:token|key|secret|password)|\.ssh|id_rsa|system-?prompt|prompt (?:systeme|del sistema|do sistema|di sistema)|парол\w*|ключ\w*|токен\w*|секрет\w*|переменн\w* (?:окружения|среды))\b|环境变量|密钥|密码|令牌|環境変数|パスワード|トークン|秘密鍵|환경 변수|비밀번호|토큰|المفتاح|كلمة المرور|متغيرات البيئة"
_OUT = r"https?://|[\w.+-]{1,60}@[\w-]{1,60}\.\w{2,}|\b(?:pull[- ]?requests?|merge[- ]?requests?|prs?|demande de (?:fusion|tirage)|commit\w*|beschreibung|description|descripcion|descricao|descrizione|omschrijving|opis\w*|kommentar\w*|commentaire|comentario|commento|opmerking|комментари\w*|описани\w*|readme|changelog|ticket|issue|gist|mir|mich|me|moi|mich|mim|hier|ici|aqui|qui|сюда|мне|antwort|reponse|respuesta|resposta|risposta|ответ\w*)\b|合并请求|拉取请求|描述|评论|プルリクエスト|コメント|説明|풀 리퀘스트|댓글|طلب السحب|هنا"
_COMMAND = r"curl\b|wget\b|\||\bbash\b|\bsh\b|rm -rf|chmod|sudo|\bnpm\b|\bpip\b|\bscript\w*\b|\bskript\w*\b|скрипт\w*|https?://|脚本|スクリプト|스크립트"
_MAIN = r"\b(?:main|master|produktion|production|produccion|producao|produzione|hauptzweig|ohne (?:\w{1,12} )?(?:prufung|review|freigabe|ruckfrage|zustimmung)|sans (?:\w{1,12} )?(?:relecture|revue|validation|verification|approbation|demander)|sin (?:\w{1,12} )?(?:revision|aprobacion|preguntar|pruebas)|sem (?:\w{1,12} )?(?:revisao|aprovacao|perguntar|testes)|senza (?:\w{1,12} )?(?:revisione|approvazione|chiedere|controllo)|zonder (?:\w{1,12} )?(?:review|goedkeuring|controle)|bez (?:\w{1,12} )?(?:przegladu|recenzji|zgody|kontroli)|без (?:\w{1,15} )?(?:проверки|ревью|одобрения|согласования)|direkt|direto|directamente|directement|direttamente|direct|напрямую)\b|主分支|直接|无需|不经|レビューなし|直接|바로|검토 없이|بدون مراجعة"
_RIGHT = r"\b(?:admin\w*|rechte\b|schreibrechte|zugriff\b|droits?\b|acces\b|permisos\b|acceso\b|permissoes|acesso|permessi|accesso|rechten\b|toegang|uprawnien\w*|dostep|yetki\w*|права\b|доступ\b|администратор\w*)|管理员|权限|管理者権限|権限|관리자|권한|صلاحيات"
_RULED = r"\b(?:plan\w*|anweisung\w*|vorgabe\w*|regeln?|instruktion\w*|instructions?|consignes?|regles?|instruccion\w*|reglas?|instruc(?:oes|ao)|regras?|istruzion\w*|regole|instructies|regels|polecen\w*|zasad\w*|instrukcj\w*|talimat\w*|kural\w*|инструкци\w*|правил\w*|указани\w*)\b|指令|指示|规则|規則|説明|지시|규칙|تعليمات"


@dataclass(frozen=True, slots=True)
class _Demand:
    kind: str
    reason: str
    clear: re.Pattern[str]  # forms that only order
    plain: re.Pattern[str]  # forms that order where something is asked
    thing: re.Pattern[str]
    also: re.Pattern[str] | None = None


def _demand(kind: str, reason: str, clear: str, plain: str, thing: str, also: str = "") -> _Demand:
    more = re.compile(also) if also else None
    begins = r"(?:^|[,:;(>\"'*-]\s{0,3}|\b(?:und|et|y|e|en|i|и|dann|puis|luego|depois|poi|dan|auch|also)\s)"
    return _Demand(
        kind,
        reason,
        re.compile(rf"{begins}(?:{clear})\b"),
        re.compile(rf"\b(?:{plain}|{clear})\b|{_SPELT[reason]}"),
        re.compile(thing),
        more,
    )


_SPELT = {
    _CONTROL: "删除|刪除|移除|禁用|关闭|關閉|跳过|略過|削除|無効|スキップ|消して|삭제|비활성화|건너뛰|احذف|عطل|हटा",
    _SECRETS: "发送|發送|写到|写入|贴到|打印|输出|上传|附上|貼り付け|送信|出力|表示|書き込|添付|보내|출력|붙여|첨부|أرسل|اطبع|भेज",
    _RUNS: "运行|執行|执行|下载|実行|ダウンロード|실행|شغل|نفذ|चला",
    _SHIPS: "合并|合併|推送|发布|批准|マージ|プッシュ|承認|公開|병합|푸시|승인|ادمج|ادفع",
    _RIGHTS: "授予|赋予|给予|添加|付与|与え|부여|추가|امنح|أضف",
    _RULES: "忽略|无视|無視|忘记|忘れ|무시|잊|تجاهل|अनदेखा",
}

_DEMANDS = (
    _demand("ci_edits", _CONTROL, r"losche|losch|entferne|deaktiviere|uberspringe|schalte|kommentiere|supprime[rz]?|desactive[rz]?|retire[rz]?|enleve[rz]?|elimina|eliminen?|borra|borre|desactiva|desactive|quita|omite|remova|apague|desative|desabilite|exclua|pule|rimuovi|disattiva|disabilita|elimina|salta|verwijder|schakel|usun|wylacz|pomin|sil|kapat|devre disi birak|удали|удалите|отключи|отключите|убери|уберите|пропусти|видали|вимкни", r"loschen|entfernen|deaktivieren|uberspringen|abschalten|ausschalten|abzuschalten|auskommentieren|weglassen|umgehen|supprimer|desactiver|retirer|contourner|eliminar|borrar|desactivar|quitar|omitir|remover|apagar|desativar|excluir|pular|rimuovere|disattivare|disabilitare|eliminare|verwijderen|uitschakelen|overslaan|usunac|wylaczyc|pominac|удалить|отключить|убрать|пропустить|выключить", _TESTS),
    _demand("exfiltration", _SECRETS, r"sende|schicke|schreibe?|poste|drucke|gib|hange|fuge|kopiere|veroffentliche|lade|envoie|envoyez|affiche[rz]?|publie[rz]?|colle[rz]?|ajoute[rz]?|joins|joignez|ecri(?:s|vez)|copie[rz]?|envia|envie|imprime|imprima|muestra|publica|pega|adjunta|escribe|copia|anade|cole|mostre|imprima|anexe|escreva|publique|inclua|incluye|invia|stampa|mostra|incolla|allega|scrivi|pubblica|includi|stuur|toon|plak|schrijf|voeg|wyslij|pokaz|wklej|dolacz|gonder|yaz|goster|отправь|отправьте|покажи|выведи|вставь|добавь|приложи|пришли|запиши|надішли", r"senden|schicken|schreiben|posten|drucken|ausgeben|anhangen|anfugen|kopieren|hochladen|veroffentlichen|einfugen|mitschicken|beilegen|envoyer|afficher|publier|coller|ajouter|joindre|inclure|ecrire|transmettre|fournir|enviar|imprimir|mostrar|publicar|pegar|adjuntar|escribir|copiar|incluir|colar|anexar|escrever|inviare|stampare|mostrare|incollare|allegare|scrivere|pubblicare|includere|sturen|tonen|plakken|schrijven|toevoegen|wyslac|pokazac|wkleic|dolaczyc|отправить|показать|вывести|вставить|добавить|приложить|прислать|записать", _GUARDED, _OUT),
    _demand("tool_calls", _RUNS, r"fuhre|starte|lade|installiere|execute[rz]?|lance[rz]?|telecharge[rz]?|installe[rz]?|ejecuta|ejecute|descarga|instala|instale|execute|rode|baixe|esegui|scarica|installa|lancia|voer|download|uruchom|wykonaj|pobierz|calistir|indir|запусти|запустите|выполни|выполните|скачаи|скачай|установи|запусти", r"ausfuhren|starten|herunterladen|installieren|laufen lassen|executer|lancer|telecharger|installer|ejecutar|descargar|instalar|executar|rodar|baixar|eseguire|scaricare|installare|lanciare|uitvoeren|downloaden|uruchomic|wykonac|pobrac|запустить|выполнить|скачать|установить", r"curl\b|wget\b|\| ?(?:ba)?sh|rm -rf|chmod|sudo \w|https?://[^\s]{1,200}", _COMMAND),
    _demand("instructions", _SHIPS, r"merge|merg(?:e|en|ez|ea)|pushe?|veroffentliche|genehmige|fusionne[rz]?|pousse[rz]?|approuve[rz]?|publie[rz]?|deploie|fusiona|fusione|aprueba|apruebe|haz merge|sube|despliega|faca (?:o )?(?:merge|push|deploy)|aprove|publique|unisci|approva|fai (?:il )?(?:merge|push)|pubblica|keur|voeg|zatwierdz|scal|wypchnij|birlestir|onayla|слеи|слей|смержи|смержите|запушь|одобри|опубликуи|опубликуй|вливаи", r"mergen|pushen|veroffentlichen|genehmigen|zusammenfuhren|einspielen|ausrollen|fusionner|pousser|approuver|publier|deployer|fusionar|aprobar|publicar|desplegar|subir|mesclar|aprovar|enviar|unire|approvare|pubblicare|samenvoegen|goedkeuren|zatwierdzic|scalic|слить|смержить|запушить|одобрить|опубликовать|влить", _MAIN),
    _demand("instructions", _RIGHTS, r"gib|gewahre|erteile|fuge|mache?|donne[rz]?|accorde[rz]?|ajoute[rz]?|otorga|concede|anade|agrega|conceda|adicione|dai|concedi|aggiungi|geef|voeg|nadaj|daj|dodaj|ver|ekle|даи|дай|дайте|выдай|добавь|назначь", r"geben|gewahren|erteilen|hinzufugen|machen|donner|accorder|ajouter|dar|otorgar|conceder|agregar|adicionar|dare|concedere|aggiungere|geven|toevoegen|nadac|dac|dodac|дать|выдать|добавить|назначить", _RIGHT),
    _demand("instructions", _RULES, r"ignoriere|vergiss|missachte|ubergehe|ignore[rz]?|oublie[rz]?|ignora|ignoren?|olvida|olvide|esqueca|dimentica|negeer|vergeet|zignoruj|ignoruj|zapomnij|yok say|unut|игнорируи|игнорируй|игнорируите|забудь|забудьте", r"ignorieren|vergessen|missachten|ubergehen|nicht (?:mehr )?(?:befolgen|beachten)|ignorer|oublier|ignorar|olvidar|esquecer|ignorare|dimenticare|negeren|vergeten|ignorowac|zapomniec|игнорировать|забыть", _RULED),
)  # fmt: skip


def foreign_requests(text: str) -> Iterator[Flag]:
    """The first flag of each reason in a folded text; the plain forms need a word of asking."""
    told: set[str] = set()
    for part in _END.split(text)[:_MOST]:
        said = _QUOTED.sub(" it ", part[:_LONGEST]).strip(" *_#>")
        if len(said) < 6 or len(_ENGLISH.findall(said)) > 1 or _WRONG.search(said):
            continue
        asked = bool(_ASKED.search(said))
        for demand in _DEMANDS:
            if demand.reason not in told and _asks(said, demand, asked=asked):
                told.add(demand.reason)
                yield Flag(demand.kind, demand.reason, excerpt(said))


def _asks(said: str, demand: _Demand, *, asked: bool) -> bool:
    if not demand.thing.search(said) or (demand.also and not demand.also.search(said)):
        return False
    if demand.clear.search(said):
        return True
    return bool((asked or _CJK.search(said)) and demand.plain.search(said))
