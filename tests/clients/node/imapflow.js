// imapflow goes through what web applications do with a mailbox; each step throws when it fails.
"use strict";
const assert = require("node:assert/strict");
const { ImapFlow } = require("imapflow");

const [, , port, user, pass] = process.argv;
const said = [];
const options = {
    host: "127.0.0.1", port: Number(port), secure: true, auth: { user, pass }, tls: { rejectUnauthorized: false },
    logger: { debug: note, info: note, warn: note, error: note } };

// Everything that came over the line: a BAD or NO that nobody asked for is a fault of somebody's.
function note(entry) {
    if (entry && entry.src === "s" && /^\S+ (NO|BAD)\b/.test(String(entry.msg))) {
        said.push(String(entry.msg));
    }
}

const message = (n, body = "Kính gửi đồng chí, thông tin số " + n) => Buffer.from([
    `From: =?utf-8?B?${Buffer.from("Nguyễn Thị Bình").toString("base64")}?= <binh@example.com>`,
    `To: <${user}>`, `Subject: =?utf-8?B?${Buffer.from(`Công văn số ${n}`).toString("base64")}?=`,
    `Message-ID: <${n}@example.com>`, "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b", "",
    "--b", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "",
    Buffer.from(body).toString("base64").replace(/.{76}/g, "$&\r\n"), "--b",
    "Content-Type: application/pdf", "Content-Disposition: attachment; filename=ke-hoach.pdf",
    "Content-Transfer-Encoding: base64", "", Buffer.from("PDF").toString("base64"), "--b--", ""].join("\r\n"));

async function text(stream) {
    const parts = [];
    for await (const part of stream) {
        parts.push(part);
    }
    return Buffer.concat(parts).toString();
}

async function main() {
    const client = new ImapFlow(options), other = new ImapFlow(options);
    await client.connect();
    await other.connect();
    const box = "Công văn đến", renamed = "Công văn đã xử lý";
    await client.mailboxCreate(box);
    await client.mailboxSubscribe(box);
    for (let n = 0; n < 20; n++) {
        const added = await client.append(box, message(n), n % 2 ? ["\\Seen"] : [], new Date(2026, 10, 1 + n));
        assert.equal(added.uid, n + 1);
    }
    const listed = await client.list();
    assert.ok(listed.find((m) => m.path === box && m.subscribed), JSON.stringify(listed));
    assert.ok(listed.find((m) => m.specialUse === "\\Sent"));
    assert.equal((await client.status(box, { messages: true, unseen: true })).unseen, 10);

    let lock = await client.getMailboxLock(box);
    const found = [];
    for await (const m of client.fetch("1:*", { uid: true, envelope: true, bodyStructure: true, flags: true })) {
        assert.equal(m.envelope.subject, `Công văn số ${m.uid - 1}`);
        assert.equal(m.envelope.from[0].name, "Nguyễn Thị Bình");
        assert.equal(m.bodyStructure.childNodes[1].dispositionParameters.filename, "ke-hoach.pdf");
        assert.equal(m.flags.has("\\Seen"), m.uid % 2 === 0);
        found.push(m.uid);
    }
    assert.equal(found.length, 20);
    const whole = await client.fetchOne("3", { source: true }, { uid: true });
    assert.deepEqual(whole.source, message(2));
    const part = await client.download("3", "1", { uid: true });
    assert.equal(await text(part.content), "Kính gửi đồng chí, thông tin số 2");
    assert.deepEqual(await client.search({ seen: true }, { uid: true }), found.filter((uid) => uid % 2 === 0));
    assert.deepEqual(await client.search({ body: "thong tin so 7" }, { uid: true }), [8]);

    await client.messageFlagsAdd("1:5", ["\\Flagged", "viec"], { uid: true });
    assert.deepEqual(await client.search({ flagged: true }, { uid: true }), [1, 2, 3, 4, 5]);
    await client.messageCopy("1:3", "Archive", { uid: true });
    const moved = await client.messageMove("4:5", "Archive", { uid: true });
    assert.equal(moved.uidMap.size, 2);
    await client.messageDelete("20", { uid: true });
    assert.equal(client.mailbox.exists, 17);

    const told = new Promise((resolve) => client.once("exists", resolve));
    const idling = client.idle();
    await other.append(box, message(99, "x".repeat(5_000_000)));
    const news = await told;
    assert.equal(news.count, 18);
    await client.noop();
    await idling;
    const large = await client.download("*", "1");
    assert.equal((await text(large.content)).length, 5_000_000);
    lock.release();

    const quota = await client.getQuota("INBOX");
    assert.ok(quota.storage.usage > 0);
    await client.mailboxRename(box, renamed);
    lock = await client.getMailboxLock(renamed);
    assert.equal(client.mailbox.exists, 18);
    lock.release();
    await client.mailboxClose();
    await client.mailboxDelete(renamed);
    assert.ok(!(await client.list()).find((m) => m.path === renamed));
    await other.logout();
    await client.logout();
    console.log(JSON.stringify({ refused: said, capabilities: [...client.enabled] }));
}

main().catch((error) => { console.error(error); process.exit(1); });
