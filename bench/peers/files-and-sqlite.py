# The same as files-and-sqlite.mjs with nothing but Python: one thing after the other, in batches of 100. It keeps as little of a promise.
import email, email.policy, hashlib, imaplib, json, os, sqlite3, ssl

into = os.environ["INTO"]
db = sqlite3.connect(f"{into}/mails.db")
db.execute("PRAGMA journal_mode = WAL")
db.execute("PRAGMA synchronous = NORMAL")
db.execute("CREATE TABLE IF NOT EXISTS mails (sha256, message_id, sender, subject, date, text, html, attachments)")
print("ready", flush=True)

trust = ssl.create_default_context(cafile=os.environ["NODE_EXTRA_CA_CERTS"])
imap = imaplib.IMAP4_SSL("localhost", int(os.environ["MAIL_PORT"]), ssl_context=trust)
imap.login(os.environ["MAIL_USER"], os.environ["MAIL_PASSWORD"])
imap.select("INBOX")
uids = imap.uid("SEARCH", "ALL")[1][0].split()


def take_in(raw):
    sha256 = hashlib.sha256(raw).hexdigest()
    with open(f"{into}/{sha256}.eml", "wb") as file:
        file.write(raw)
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    text, html = (part and part.get_content() for part in (mail.get_body(["plain"]), mail.get_body(["html"])))
    files = list(mail.iter_attachments())
    for number, attached in enumerate(files):
        with open(f"{into}/{sha256}-{number}", "wb") as file:
            file.write(attached.get_payload(decode=True))
    named = json.dumps([[attached.get_filename(), attached.get_content_type()] for attached in files])
    return sha256, mail["Message-ID"], mail["From"], mail["Subject"], mail["Date"], text, html, named


for n in range(0, len(uids), 100):
    batch = b",".join(uids[n : n + 100]).decode()
    answer = imap.uid("FETCH", batch, "(BODY.PEEK[])")[1]
    rows = [take_in(item[1]) for item in answer if isinstance(item, tuple)]
    with db:
        db.executemany("INSERT INTO mails VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    imap.uid("MOVE", batch, "Done")
imap.logout()
