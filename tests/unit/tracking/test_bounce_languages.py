"""Refusals in prose and in many languages: each is read as its sense is, and none as a hard bounce that it is not."""

from __future__ import annotations

import pytest

from paceline.tracking.bounces import read_report
from paceline.tracking.mail_parts import parse_mail

REFUSALS = [
    (
        "hard",
        "Zustellung nicht möglich",
        "Ihre Nachricht an a@x.example konnte nicht zugestellt werden: Das E-Mail-Konto wurde vom Inhaber gelöscht.",
    ),
    ("soft", "Nachricht nicht zustellbar", "Nachricht an a@x.example: Das Postfach hat das Speicherlimit erreicht."),
    ("hard", "Undelivered", "Delivery to a@x.example failed: mailbox has been closed by its owner"),
    ("soft", "Delivery failure", "a@x.example: the mail server is not responding; giving up after 72 hours"),
    ("hard", "Notification de non-remise", "L'utilisateur a@x.example n'est pas connu de notre système."),
    ("soft", "Message non distribué", "a@x.example : espace de stockage insuffisant dans la boîte du destinataire"),
    ("hard", "Mensaje devuelto", "No fue posible entregar su mensaje a a@x.example: la cuenta ha sido cancelada."),
    (
        "soft",
        "Error en la entrega",
        "No se pudo entregar a a@x.example. El servidor remoto no responde, tiempo de espera agotado.",
    ),
    ("hard", "Devolução de mensagem", "A mensagem para a@x.example não foi entregue: usuário inexistente."),
    ("soft", "Falha na entrega", "a@x.example: caixa postal cheia"),
    ("hard", "Messaggio non consegnato", "L'indirizzo a@x.example non è più attivo."),
    ("soft", "Notifica di mancato recapito", "a@x.example: la casella ha esaurito lo spazio disponibile"),
    ("hard", "Уведомление о недоставке", "Письмо для a@x.example не доставлено: такого пользователя нет."),
    ("soft", "Сообщение не доставлено", "a@x.example: превышена квота почтового ящика"),
    ("spam", "Сообщение не доставлено", "a@x.example: 554 5.7.1 Сообщение отклонено по подозрению в спаме"),
    ("hard", "配信不能通知", "a@x.example 宛てのメールは届けられませんでした。該当するユーザーはいません。"),
    ("soft", "メール配信エラー", "a@x.example: 受信者のメールボックスが満杯です"),
    ("hard", "邮件退信", "您发送给 a@x.example 的邮件被退回：该用户已注销。"),
    ("soft", "邮件退信", "a@x.example 对方邮箱容量已满，无法接收"),
    ("spam", "系统退信", "a@x.example 您的邮件被对方服务器判定为垃圾邮件而拒收"),
    ("soft", "반송된 메일", "a@x.example 수신자의 메일함 용량이 초과되었습니다"),
    ("hard", "메일 반송", "a@x.example 수신자의 메일 계정이 존재하지 않습니다"),
    ("hard", "Onbestelbaar", "a@x.example: gebruiker bestaat niet"),
    ("soft", "Niet bezorgd", "a@x.example: mailbox van de ontvanger is vol"),
    ("hard", "Poczta zwrócona", "Nie można dostarczyć wiadomości do a@x.example: konto nie istnieje"),
    ("soft", "Kan inte levereras", "Meddelandet till a@x.example kunde inte levereras. Inkorgen är full."),
    ("hard", "İleti teslim edilemedi", "a@x.example: kullanıcı bulunamadı"),
    ("spam", "Undeliverable", "a@x.example: rejected because the message failed DMARC evaluation"),
    ("account", "Delivery failed", "a@x.example: your sending quota for today has been used up"),
    (
        "account",
        "Mail not sent",
        "Message to a@x.example was not sent, the mailbox ann@news.example.org has exceeded its outgoing mail limit",
    ),
    ("soft", "Failure", "Could not deliver to a@x.example: TLS handshake with mx failed, certificate expired"),
    ("soft", "Returned mail", "a@x.example... Deferred: Name server: mx.x.example: host name lookup failure"),
    (
        "soft",
        "Delivery report",
        "RCPT TO:<a@x.example> was rejected: 553 sorry, that domain isn't in my list of allowed rcpthosts",
    ),
    ("hard", "Undelivered Mail", "a@x.example: 550 5.1.1 This email address has been retired"),
    ("soft", "Undelivered Mail", "a@x.example: 452 too many recipients this session"),
]


@pytest.mark.parametrize(("kind", "subject", "text"), REFUSALS, ids=[text for _, _, text in REFUSALS])
def test_refusal_is_read_by_its_sense(kind: str, subject: str, text: str) -> None:
    head = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.x.example\nTo: bounce+t@news.example.org\n"
    mail = f"{head}Subject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
    (report,) = read_report(parse_mail(mail.encode()))
    assert (str(report.bounce or report.kind), report.recipient) == (kind, "a@x.example")
