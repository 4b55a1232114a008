"""What servers say in other languages than English: one row per language, patterns without regard to case.

A language is added as a row here and nowhere else. Words that could as well be about the sender need the mailbox beside
them: what is not certain is left out, and such a report is kept as unknown.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """``undelivered``: a report of a failure, and no letter. ``sender``: the word, for "the sender's address is unknown".

    ``no_reason``: "unknown error" and the like. The others are reasons; "" matches nothing and is left out.
    """

    name: str
    undelivered: str
    unknown: str
    full: str
    sender: str
    no_reason: str
    temporarily: str
    unreachable: str
    own_account: str = ""
    spam: str = ""


LANGUAGES: tuple[Language, ...] = (
    Language(
        name="German",
        undelivered=r"unzustellbar|nicht zustellbar|nicht[^\n]{0,80}(zugestellt|ausgeliefert|übermittelt)"
        r"|zustellung[^\n]{0,20}(fehlgeschlagen|gescheitert)|fehler bei der (nachrichten)?zustellung",
        unknown=r"unbekannt|existiert nicht|nicht (mehr )?(gefunden|vorhanden)"
        r"|(postfach|mailbox|adresse|konto|empfänger|benutzer)\b[^.]{0,60}(deaktiviert|gelöscht|geschlossen|ungültig|abgeschaltet)",
        full=r"(postfach|speicher\w*|mailbox)\b[^.]{0,60}\b(voll|erschöpft|überschritten|erreicht|aufgebraucht)|ist voll\b",
        own_account=r"maximale (anzahl|zahl)[^.]{0,20}(e-?mails|nachrichten)|versand(limit|grenze|kontingent)"
        r"|(ihr|dein) (e-?mail-?)?(konto|account)[^.]{0,30}(gesperrt|deaktiviert)",
        spam=r"als (spam|werbung|virus)|unerwünschte (e-?mail|werbung)",
        sender=r"absender\w*",
        no_reason=r"unbekannte[rns]? (fehler|grund|ursache)|dateityp unbekannt",
        temporarily=r"vorübergehend|zeitweilig|zurzeit nicht",
        unreachable=r"antwortet nicht|zeitüberschreitung|nicht erreichbar",
    ),
    Language(
        name="French",
        undelivered=r"non[ -](remis|distribu|délivr|livr)|échec (de|d.une|lors de) (la )?(remise|distribution|livraison)"
        r"|n.(a|ont) (pas )?(pu )?(pas )?(être )?(remis|délivr|distribu|livr|achemin)",
        unknown=r"inconnue?s?\b|n.existe (pas|plus)|n.est (pas|plus) (connue?|valide|acti)|introuvable"
        r"|(boîte|compte|adresse|destinataire|utilisateur)\b[^.]{0,60}(désactivé|supprimé|fermé|invalide|inacti)",
        full=r"boîte[^.]{0,60}(pleine|saturée)|est pleine?\b|(quota|capacité|espace)[^.]{0,40}(dépassé|atteint|insuffisant)",
        own_account=r"(limite|quota|nombre maximal)[^.]{0,20} d.(envoi|e-?mails envoyés)"
        r"|votre compte[^.]{0,30}(bloqué|suspendu|désactivé)",
        spam=r"indésirable|pourriel",
        sender=r"(l.)?expéditeur",
        no_reason=r"(erreur|raison|motif) inconnue?",
        temporarily=r"temporair|momentanément",
        unreachable=r"ne répond pas|délai[^.]{0,30}(dépassé|expiré)|injoignable",
    ),
    Language(
        name="Spanish",
        undelivered=r"no (se )?(puede|pudo|ha podido|ha sido|fue)( ser| posible)? (entreg|enviad)|no entregad|fallo (en|de) la entrega"
        r"|(error|imposible)[^.\n]{0,20}entreg",
        unknown=r"no existe|desconocid[oa]|no se (ha )?(encontró|encontrado)"
        r"|(buz[óo]n|cuenta|direcci[óo]n|destinatario|usuario)\b[^.]{0,60}(desactivad|deshabilitad|inexistente|inválid|eliminad|cancelad|cerrad)",
        full=r"buz[óo]n[^.]{0,60}\b(llen|complet)|(super|exced|sobrepas)[^.]{0,40}(cuota|almacenamiento|capacidad)"
        r"|(cuota|almacenamiento|capacidad)[^.]{0,40}(super|exced|sobrepas)",
        own_account=r"l[íi]mite[^.]{0,20} de (env[íi]o|correos enviados)"
        r"|(su|tu) cuenta[^.]{0,30}(bloquead|suspendid|desactivad)",
        spam=r"correo (no deseado|basura)",
        sender=r"remitente",
        no_reason=r"(error|motivo|causa) desconocid[oa]",
        temporarily=r"temporal",
        unreachable=r"no responde|tiempo de espera",
    ),
    Language(
        name="Portuguese",
        undelivered=r"não (foi |pôde |pode )?(ser )?(possível )?entreg|falha (na|de) entrega",
        unknown=r"n[ãa]o existe|desconhecid[oa]|n[ãa]o (foi )?encontrad"
        r"|(caixa|conta|endereço|destinatário|usuário)\b[^.]{0,60}(desativad|inexistente|inválid|excluíd)",
        full=r"caixa[^.]{0,60}\b(chei[oa]|lotad[oa])|(cota|quota)[^.]{0,40}(excedid|ultrapassad)",
        own_account=r"limite[^.]{0,20} de envios?"
        r"|sua conta[^.]{0,30}(bloquead|suspens|desativad)",
        sender=r"remetente",
        no_reason=r"(erro|motivo) desconhecid[oa]",
        temporarily=r"temporári|temporari",
        unreachable=r"não responde|tempo (limite|de espera)",
    ),
    Language(
        name="Italian",
        undelivered=r"mancata consegna|mancato recapito|impossibile (consegnare|recapitare)"
        r"|non (è stato|può essere|è stato possibile)[^.\n]{0,20}(consegn|recapit)|non (consegn|recapit)",
        unknown=r"sconosciut[oa]|inesistente|non esist[ea]|non trovat[oa]|non è più (attiv|valid)"
        r"|(casella|account|indirizzo|destinatario|utente)\b[^.]{0,60}(disattivat|disabilitat|non valid|cancellat)",
        full=r"casella[^.]{0,60}\bpiena|(quota|spazio)[^.]{0,40}(superat|esaurit|insufficiente)|(superat|esaurit)[^.]{0,30}(quota|spazio)",
        own_account=r"limite[^.]{0,20} di invi[io]"
        r"|(tuo|suo) account[^.]{0,30}(bloccat|sospes|disattivat)",
        spam=r"posta indesiderata",
        sender=r"mittente",
        no_reason=r"(errore|motivo) sconosciut[oa]",
        temporarily=r"temporane|momentane",
        unreachable=r"non risponde|non raggiungibile|tempo scaduto",
    ),
    Language(
        name="Dutch",
        undelivered=r"niet (bezorgd|afgeleverd)|onbestelbaar|bezorging mislukt",
        unknown=r"onbekend|bestaat niet|niet gevonden",
        full=r"(postvak|mailbox)[^.]{0,40}\bvol\b|quotum[^.]{0,40}overschreden",
        sender=r"afzender\w*",
        no_reason=r"onbekende (fout|reden)",
        temporarily=r"tijdelijk",
        unreachable=r"reageert niet|niet bereikbaar",
    ),
    Language(
        name="Scandinavian and Finnish",
        undelivered=r"(inte|ikke|kunde ej) (kunnat |kunne )?levere|ei voitu toimittaa",
        unknown=r"ok[äa]nd|findes ikke|finnes ikke|finns inte|ukjent|ukendt|ei ole olemassa",
        full=r"(postlåda|brevlåda|inkorg|postkass|postboks)\w*[^.]{0,40}\b(full|fuld)|postilaatikko[^.]{0,40}täynnä",
        sender=r"avsändar\w*|afsender\w*|avsender\w*|lähettäj\w*",
        no_reason=r"ok[äa]nt fel|ukendt fejl|ukjent feil|tuntematon virhe",
        temporarily=r"tillfällig|midlertidig|tilapäi",
        unreachable=r"svarar inte|svarer ikke|ei vastaa",
    ),
    Language(
        name="Polish and Czech",
        undelivered=r"nie (został|została|zostało|można|mogła)[^.\n]{0,20} ?dostarcz|nie dostarczon|nedoruč|nelze doručit",
        unknown=r"nie istnieje|nieznany|nie ma takiego|neexistuje|neznám",
        full=r"skrzynk\w*[^.]{0,40}(pełn|przepełnion)|przekroczon\w*[^.]{0,40}(limit|pojemno)|schránka[^.]{0,40}pln",
        sender=r"nadawc\w*|odesílatel\w*",
        no_reason=r"nieznany (błąd|powód)|neznámá chyba",
        temporarily=r"tymczasow|chwilowo|dočasn",
        unreachable=r"nie odpowiada|neodpovídá",
    ),
    Language(
        name="Turkish",
        undelivered=r"teslim edilemedi|iletilemedi",
        unknown=r"bulunamad",
        full=r"kutusu[^.]{0,30}dolu|kota[^.]{0,30}aş",
        sender=r"gönderen\w*|gönderici\w*",
        no_reason=r"bilinmeyen (bir )?hata",
        temporarily=r"geçici",
        unreachable=r"yanıt vermiyor|zaman aşımı",
    ),
    Language(
        name="Russian and Ukrainian",
        undelivered=r"недоставлен|не\s(может быть |могло быть |было |был[ао]? )?доставлен|не удалось доставить|не доставлено"
        r"|недоставк|не вдалося доставити",
        unknown=r"не найден|не существует|неизвестн|не існує|не зарегистрирован|нет так(ого|их) (пользовател|адрес)|так(ого|их) (пользовател|адрес)\w* нет"
        r"|(ящик|пользовател|аккаунт|адрес)\w*[^.]{0,40}(отключ|деактивир|удал[её]н)",
        full=r"переполнен|превышен\w*[^.]{0,40}(квот|размер\w* ящика|объ[её]м)|нет места|переповнен",
        own_account=r"(лимит|ограничени)\w*[^.]{0,20} (отправк|отправлен|исходящ)",
        spam=r"спам",
        sender=r"отправител\w*|відправник\w*",
        no_reason=r"неизвестн\w+ (ошибк|причин)\w*|невідом\w+ помилк\w*",
        temporarily=r"временн|тимчасов",
        unreachable=r"не отвечает|врем\w+ ожидания|сервер[^.]{0,20}недоступен",
    ),
    Language(
        name="Japanese",
        undelivered=r"(配信|配送|送信|お届け)(でき|することができ)ません|(配信|配送|送信)に失敗|届けられません|配信不能|配信エラー",
        unknown=r"存在しません|見つかりません|存在しない|宛先不明|該当[^。]{0,16}(ありません|いません)",
        full=r"容量[^。]{0,12}(いっぱい|一杯|超|不足|オーバー)|(メールボックス|受信箱)[^。]{0,16}(いっぱい|一杯|満杯|あふれ)",
        own_account=r"送信(数|通数|件数)?[^。]{0,8}(上限|制限)",
        spam=r"迷惑メール|スパム",
        sender=r"差出人\w{0,8}|送信(者|元)\w{0,8}",
        no_reason=r"(不明な|原因不明の)エラー",
        temporarily=r"一時的",
        unreachable=r"応答(が|し)|接続できません|タイムアウト",
    ),
    Language(
        name="Chinese",
        undelivered=r"退信|退回|(没有|无法|未能?|無法|未)(送达|投递|送達|投遞)|投[递遞]失[败敗]|发送失败",
        unknown=r"不存在|用户未找到|查無此人|(用户|账号|帐号|邮箱)[^。]{0,8}(注销|停用)|無此(用戶|使用者)|无此(用户|邮箱)",
        full=r"(空间|容量|空間)[^。]{0,8}(已?满|不足|已?滿)|(邮箱|信箱|郵箱)[^。]{0,8}(已?满|已?滿)",
        own_account=r"(发信|发送|發信)[^。]{0,8}(超过|超出|超過|达到)[^。]{0,8}(限|上限)",
        spam=r"垃圾(邮件|郵件)",
        sender=r"[发發寄]件人\w{0,4}",
        no_reason=r"未知(错误|錯誤|原因)",
        temporarily=r"[暂暫][时時]|临时",
        unreachable=r"无法连接|连接超时|没有响应|無法連[接線]",
    ),
    Language(
        name="Korean",
        undelivered=r"전송에 실패|반송|전달(하지 못|되지 않|할 수 없)|배달(되지|할 수)",
        unknown=r"존재하지 않|찾을 수 없|없는 (사용자|주소|계정)",
        full=r"(용량|편지함|메일함)[^.]{0,16}(초과|부족|가득)",
        spam=r"스팸",
        sender=r"보낸 ?사람\w*|발신자\w*",
        no_reason=r"알 수 없는 (오류|이유)",
        temporarily=r"일시적",
        unreachable=r"응답하지 않|연결할 수 없|시간 ?초과",
    ),
)


def in_any_language(which: str) -> str:
    """One pattern of all languages for ``which``, the name of a field."""
    return "|".join(filter(None, (getattr(language, which) for language in LANGUAGES)))
