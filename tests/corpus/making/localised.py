"""Reports in other languages than English, in the character sets that they come in."""

from __future__ import annotations

from corpus.making.sample import Sample, dsn, plain, returned, status


def _microsoft(name: str, to: str, subject: str, words: str, code: str, kind: str, said: str, charset: str) -> Sample:
    return dsn(
        f"microsoft-365-{name}",
        kind,
        to,
        source="Microsoft 365",
        sender="<postmaster@firm.example>",
        subject=subject,
        prose=words,
        fields=status(to, code, said),
        mta="AM0PR07MB1234.eurprd07.prod.outlook.com",
        more="X-MS-Exchange-Message-Is-Ndr:\n",
        prose_type=f"text/plain; charset={charset}",
    )


def _standard() -> list[Sample]:
    return [
        _microsoft("german", "anke@firma.example", "Unzustellbar: November at the shop",
                   "Fehler bei der Nachrichtenzustellung an folgende Empf=E4nger oder Gruppen:", "5.1.10", "hard",
                   "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", "iso-8859-1"),
        _microsoft("french", "boris@societe.example", "Non remis : November at the shop",
                   "Échec de la remise à ces destinataires ou groupes", "5.2.2", "soft",
                   "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException", "utf-8"),
        _microsoft("spanish", "carmen@empresa.example", "No se puede entregar: November at the shop",
                   "No se pudo entregar el mensaje a estos destinatarios o grupos", "5.7.1", "spam",
                   "550 5.7.1 Service unavailable, Client host [192.0.2.25] blocked using Spamhaus", "utf-8"),
        _microsoft("dutch", "daan@bedrijf.example", "Onbestelbaar: November at the shop",
                   "Bezorgen mislukt bij deze geadresseerden of groepen", "5.1.1", "hard",
                   "550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found", "utf-8"),
        _microsoft("japanese", "emi@kaisha.example", "=?utf-8?B?6YWN5L+h5LiN6IO9?=: November at the shop",
                   "次の受信者またはグループへの配信に失敗しました", "5.1.1", "hard",
                   "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found", "utf-8"),
    ]  # fmt: skip


def _prose() -> list[Sample]:
    return [
        plain("german-prose-unknown", "hard", "fritz@firma.example", source="Exchange, German",
              sender="Systemadministrator <postmaster@firma.example>",
              subject="Unzustellbar: November at the shop",
              body="Ihre Nachricht hat einige oder alle Empfänger nicht erreicht.\n\n      Betreff:  November at the shop\n\n"
              "Folgende(r) Empfänger konnte(n) nicht erreicht werden:\n\n      fritz@firma.example am 17.11.2026 09:14\n"
              "            Das E-Mail-Konto ist nicht in der Organisation vorhanden, an die diese Nachricht gesendet wurde.\n"
              "            <mx1.firma.example #5.1.1>\n"),
        plain("german-prose-full", "soft", "gudrun@firma.example", source="Kopano, German",
              sender="Mailer-Daemon <mailer-daemon@firma.example>", subject="Nachricht konnte nicht zugestellt werden",
              body="Die Nachricht an <gudrun@firma.example> konnte nicht zugestellt werden.\n"
              "Grund: 552 5.2.2 Das Postfach ist voll.\n"),
        plain("german-latin1", "hard", "heinz@firma.example", source="Exim, German",
              sender="Mail Delivery System <Mailer-Daemon@mail.firma.example>",
              subject="Mail-Zustellung fehlgeschlagen: Nachricht wird zurueckgesandt",
              content_type="text/plain; charset=iso-8859-1", encoding="latin-1", more="X-Failed-Recipients: heinz@firma.example\n",
              body="Diese Nachricht wurde automatisch erzeugt.\n\nIhre Nachricht konnte folgende Empfänger nicht erreichen:\n\n"
              "  heinz@firma.example\n    Empfänger unbekannt: 550 5.1.1 unknown user\n"),
        plain("french-prose-unknown", "hard", "isabelle@societe.example", source="Exchange, French",
              sender="Administrateur <postmaster@societe.example>", subject="Non remis : November at the shop",
              content_type="text/plain; charset=iso-8859-1", encoding="latin-1",
              body="Votre message n'est pas parvenu à certains ou à tous les destinataires prévus.\n\n"
              "Impossible de joindre le(s) destinataire(s) suivant(s) :\n\n      isabelle@societe.example le 17/11/2026 09:14\n"
              "            Le compte de messagerie n'existe pas dans l'organisation.\n            <mx1.societe.example #5.1.1>\n"),
        plain("italian-prose", "hard", "jacopo@azienda.example", source="Aruba, Italian",
              sender="Mail Delivery System <postmaster@azienda.example>", subject="Mancato recapito: November at the shop",
              body="Il messaggio non e' stato recapitato a:\n\n<jacopo@azienda.example>\n550 5.1.1 Utente sconosciuto\n"),
        plain("spanish-prose", "soft", "karina@empresa.example", source="Postfix, Spanish",
              sender="MAILER-DAEMON@correo.empresa.example", subject="Correo no entregado devuelto al remitente",
              body="Este es el sistema de correo de correo.empresa.example.\n\n"
              "<karina@empresa.example>: 552 5.2.2 El buzón está lleno\n"),
        plain("portuguese-prose", "hard", "lidia@empresa.example", source="UOL, Portuguese",
              sender="MAILER-DAEMON@mx.empresa.example", subject="Mensagem não entregue",
              body="Não foi possível entregar sua mensagem ao destinatário abaixo.\n\n"
              "<lidia@empresa.example>: 550 5.1.1 usuario desconhecido\n"),
        plain("russian-koi8", "hard", "maxim@pochta.example", source="CommuniGate Pro, Russian",
              sender="MAILER-DAEMON@pochta.example", subject="Undeliverable mail", content_type="text/plain; charset=koi8-r",
              encoding="koi8-r", body="Сообщение не может быть доставлено следующим адресатам:\n\n"
              "<maxim@pochta.example>: 550 5.1.1 пользователь не найден\n"),
        plain("japanese-iso2022", "hard", "nao@kaisha.example", source="Postfix, Japanese", sender="MAILER-DAEMON@kaisha.example",
              subject="Undelivered Mail Returned to Sender", content_type="text/plain; charset=iso-2022-jp",
              encoding="iso-2022-jp", body="あなたのメールは配信できませんでした。\n\n"
              "<nao@kaisha.example>: host mx.kaisha.example[192.0.2.7] said: 550 5.1.1 unknown user\n"),
        plain("chinese-gb18030", "hard", "ouyang@gongsi.example", source="Coremail, Chinese", sender="Postmaster@gongsi.example",
              subject="系统退信", content_type="text/plain; charset=gb18030", encoding="gb18030",
              body="抱歉，您的邮件被退回来了……\n\n收件人： ouyang@gongsi.example\n退信原因： 收件人不存在\n"
              "550 User not found: ouyang@gongsi.example\n"),
        plain("polish-latin2", "hard", "pawel@firma.example", source="Exim, Polish", sender="MAILER-DAEMON@poczta.firma.example",
              subject="Mail delivery failed", content_type="text/plain; charset=iso-8859-2", encoding="iso-8859-2",
              more="X-Failed-Recipients: pawel@firma.example\n",
              body="Wiadomość nie została dostarczona do:\n\n  pawel@firma.example\n    550 Nie ma takiego użytkownika\n"),
        plain("turkish", "soft", "rana@sirket.example", source="Zimbra, Turkish", sender="MAILER-DAEMON@posta.sirket.example",
              subject="Undelivered Mail Returned to Sender", content_type="text/plain; charset=iso-8859-9",
              encoding="iso-8859-9", body="İletiniz teslim edilemedi.\n\n<rana@sirket.example>: 452 4.2.2 posta kutusu dolu\n"),
        plain("swedish", "soft", "sven2@foretag.example", source="Exchange, Swedish", sender="postmaster@foretag.example",
              subject="Kan inte levereras: November at the shop",
              body="Ditt meddelande nådde inte vissa eller alla mottagare.\n\n      sven2@foretag.example den 2026-11-17 09:14\n"
              "            Mottagarens postlåda är full. <mx1.foretag.example #5.2.2>\n\n"
              + returned("sven2@foretag.example")),
        plain("german-gmx-prose", "hard", "trude@post.example", source="GMX", sender="GMX Mailer Daemon <mailer-daemon@gmx.de>",
              subject="Mail delivery failed: returning message to sender",
              body="This message was created automatically by mail delivery software.\n\nA message that you sent could not be "
              "delivered to one or more of\nits recipients. This is a permanent error. The following address\nfailed:\n\n"
              "trude@post.example:\nSMTP error from remote server for RCPT TO command, host: mx00.post.example "
              "(192.0.2.7)\nreason: 550 Requested action not taken: mailbox unavailable\n"),
    ]  # fmt: skip


def samples() -> list[Sample]:
    """Every report of this kind."""
    return [*_standard(), *_prose()]
