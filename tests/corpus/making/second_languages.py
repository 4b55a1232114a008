"""Second batch: other languages and their character sets."""

from __future__ import annotations

from corpus.making.sample import Sample
from corpus.making.second_frame import letter, piece, report, single


def german() -> list[Sample]:
    exchange = """Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:

Klaus Möller (klaus.moeller@stadtwerk.example)<mailto:klaus.moeller@stadtwerk.example>
Das Postfach des Empfängers ist voll und kann zurzeit keine Nachrichten annehmen. Versuchen Sie es später erneut.

Diagnoseinformationen für Administratoren:

Generierender Server: EX01.stadtwerk.local

klaus.moeller@stadtwerk.example
#< #5.2.2 smtp;554 5.2.2 mailbox full> #SMTP#
"""
    webde = """Diese E-Mail wurde automatisch von der Mailsoftware erzeugt.

Ihre Nachricht konnte an einen oder mehrere Empfänger nicht zugestellt werden.
Es handelt sich um einen dauerhaften Fehler. Folgende Adresse ist betroffen:

lotte.s@wepde.example
    Der Empfänger ist unbekannt.

--- Die Kopfzeilen der ursprünglichen Nachricht: ---

"""
    strato = """Guten Tag,

Ihre E-Mail konnte leider nicht an max@strahto.example ausgeliefert werden, weil das Postfach deaktiviert wurde.

Mit freundlichen Grüßen
Ihr Mailserver
"""
    hoster = """Die folgende Nachricht konnte nicht zugestellt werden.

Empfänger: nadja@tarif.example
Grund: Sie haben die maximale Anzahl an E-Mails pro Stunde für Ihr Postfach überschritten.
"""
    daemon = "From: MAILER-DAEMON@wepde.example\nSubject: =?utf-8?q?Unzustellbar=3A_November_at_the_shop?="
    return [
        report(
            "german-exchange-full",
            "soft",
            "klaus.moeller@stadtwerk.example",
            source="Exchange, German",
            head="From: =?iso-8859-1?Q?Postmaster_f=FCr_Stadtwerk?= <postmaster@stadtwerk.example>\n"
            "Subject: =?iso-8859-1?Q?Unzustellbar:_November_at_the_shop?=",
            prose=piece(exchange, charset="iso-8859-1", transfer="quoted-printable"),
            machine="Reporting-MTA: dns;EX01.stadtwerk.local\n\nFinal-Recipient: RFC822;klaus.moeller@stadtwerk.example\n"
            "Action: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp;554 5.2.2 mailbox full",
        ),
        single(
            "german-web-de-unknown",
            "hard",
            "lotte.s@wepde.example",
            source="web.de, German",
            head=daemon,
            text=webde + letter("lotte.s@wepde.example", ""),
            charset="iso-8859-1",
        ),
        single(
            "german-deactivated",
            "hard",
            "max@strahto.example",
            source="Strato, German",
            head="From: Mail Delivery System <mailer-daemon@strahto.example>\nSubject: Ihre E-Mail konnte nicht zugestellt werden",
            text=strato,
            transfer="base64",
        ),
        single(
            "german-hourly-limit",
            "account",
            "nadja@tarif.example",
            source="hoster, German",
            head="From: MAILER-DAEMON@tarif.example\nSubject: Zustellung fehlgeschlagen",
            text=hoster,
        ),
    ]


def romance() -> list[Sample]:
    orange = """Bonjour,

Votre message n'a pas pu être remis à son destinataire :

<odile@lorange.example>: 550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 [416]

"""
    free = """Le message que vous avez envoyé n'a pas pu être délivré au destinataire suivant :

    pierre@libre.example

Motif : la boîte aux lettres du destinataire est pleine.
"""
    spanish = """No se pudo entregar el mensaje a estos destinatarios o grupos:

quique@oficina.example<mailto:quique@oficina.example>
No se encontró la dirección de correo electrónico que escribió. Compruebe la dirección de correo electrónico del destinatario.

Información de diagnóstico para administradores:
"""
    spanish_full = """Su mensaje no ha podido ser entregado.

Destinatario: rocio@correo.example
Motivo: El buzón del destinatario ha superado su cuota de almacenamiento.
"""
    italian = """Il messaggio non è stato consegnato al seguente destinatario:

  sergio@posta.example

Motivo: la casella di posta non esiste.

"""
    italian_spam = """Impossibile recapitare il messaggio.

Destinatario: tullia@posta.example
Errore: 554 5.7.1 Messaggio rifiutato: contenuto ritenuto spam
"""
    return [
        single(
            "french-orange-invalid",
            "hard",
            "odile@lorange.example",
            source="Orange, French",
            head="From: MAILER-DAEMON@lorange.example\nSubject: =?utf-8?q?=C3=89chec_de_remise?=",
            text=orange + letter("odile@lorange.example"),
        ),
        single(
            "french-full",
            "soft",
            "pierre@libre.example",
            source="Free, French",
            head="From: Postmaster <postmaster@libre.example>\nSubject: =?iso-8859-15?q?Message_non_d=E9livr=E9?=",
            text=free,
            charset="iso-8859-15",
            transfer="quoted-printable",
        ),
        report(
            "spanish-office-not-found",
            "hard",
            "quique@oficina.example",
            source="Microsoft 365, Spanish",
            head="From: postmaster@oficina.example\nSubject: No se puede entregar: November at the shop",
            prose=piece(spanish, charset="utf-8", transfer="quoted-printable"),
            machine="Reporting-MTA: dns;VI1PR01.eurprd01.prod.exchangelabs.com\n\nFinal-Recipient: rfc822;quique@oficina.example\n"
            "Action: failed\nStatus: 5.1.10\nDiagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by "
            "SMTP address lookup",
        ),
        single(
            "spanish-quota",
            "soft",
            "rocio@correo.example",
            source="hoster, Spanish",
            head="From: Sistema de correo <mailer-daemon@correo.example>\nSubject: Mensaje no entregado",
            text=spanish_full,
        ),
        single(
            "italian-no-mailbox",
            "hard",
            "sergio@posta.example",
            source="Aruba, Italian",
            head="From: posta-certificata <mailer-daemon@posta.example>\nSubject: Mancata consegna del messaggio",
            text=italian + letter("sergio@posta.example"),
        ),
        single(
            "italian-spam",
            "spam",
            "tullia@posta.example",
            source="Aruba, Italian",
            head="From: mailer-daemon@posta.example\nSubject: Avviso di mancata consegna",
            text=italian_spam,
        ),
    ]


def eastern() -> list[Sample]:
    mailru = """Это письмо создано автоматически сервером Mail.ru, отвечать на него не нужно.

К сожалению, Ваше письмо не может быть доставлено одному или нескольким получателям:

**********************

ulyana@pismo.example
недоступен или не существует такой пользователь
(user not found)

**********************

"""
    yandex = """Это автоматическое уведомление почтовой системы Яндекса.

Письмо не доставлено получателю: vadim@pochtamt.example
Причина: почтовый ящик переполнен.

"""
    japanese = """このメールは、メール配信システムが自動的に送信しています。

以下の宛先へのメール配信に失敗しました。

<yuka@keitai.example>

理由: 宛先のメールアドレスが存在しません。
(550 Unknown user yuka@keitai.example)
"""
    japanese_full = """次の受信者へのメッセージを配信できませんでした。

受信者: akira@meeru.example
理由: 受信者のメールボックスの容量がいっぱいです。
"""
    netease = """抱歉，您的邮件被退回来了……

原邮件信息：
时　间：2026-11-19 14:30:11
主　题：November at the shop
收件人：xiaoming@wangyi.example

退信原因：收件人邮件地址（xiaoming@wangyi.example）不存在，邮件无法送达。
英文说明：SMTP error, RCPT TO: 550 User not found: xiaoming@wangyi.example

"""
    tencent = """您好，您发送的邮件没有送达。

收件人 100200300@kuku.example
退信原因 收件人邮箱空间已满。
Mailbox space not enough

"""
    return [
        single(
            "mail-ru-not-found",
            "hard",
            "ulyana@pismo.example",
            source="Mail.ru, Russian",
            head="From: mailer-daemon@corp.mail.ru\nSubject: Mail failure.",
            text=mailru + letter("ulyana@pismo.example"),
            charset="koi8-r",
        ),
        single(
            "yandex-full",
            "soft",
            "vadim@pochtamt.example",
            source="Yandex, Russian",
            head="From: mailer-daemon@yandex.ru\nSubject: =?utf-8?b?0J/QuNGB0YzQvNC+INC90LUg0LTQvtGB0YLQsNCy0LvQtdC90L4=?=",
            text=yandex + letter("vadim@pochtamt.example"),
            charset="windows-1251",
            transfer="base64",
        ),
        single(
            "japanese-unknown",
            "hard",
            "yuka@keitai.example",
            source="docomo, Japanese",
            head="From: Mail Administrator <postmaster@keitai.example>\nSubject: Mail System Error - Returned Mail",
            text=japanese,
            charset="iso-2022-jp",
        ),
        single(
            "japanese-full",
            "soft",
            "akira@meeru.example",
            source="hoster, Japanese",
            head="From: MAILER-DAEMON@meeru.example\nSubject: =?utf-8?b?6YWN5L+h5aSx5pWX?=",
            text=japanese_full,
            transfer="base64",
        ),
        single(
            "netease-not-found",
            "hard",
            "xiaoming@wangyi.example",
            source="163, Chinese",
            head="From: Postmaster@163.com\nSubject: =?utf-8?b?57O757uf6YCA5L+h?=",
            text=netease,
            charset="gbk",
            transfer="base64",
        ),
        single(
            "qq-full",
            "soft",
            "100200300@kuku.example",
            source="QQ, Chinese",
            head="From: PostMaster@qq.com\nSubject: =?utf-8?b?6YCA5L+h6YCa55+l?=",
            text=tencent,
            charset="gb18030",
            transfer="base64",
        ),
    ]


def samples() -> list[Sample]:
    return [*german(), *romance(), *eastern()]
