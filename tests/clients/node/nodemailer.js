// nodemailer hands mail in at both doors; what it was told and what it refuses is printed as JSON.
"use strict";
const nodemailer = require("nodemailer");

const [, , submission, submissions, user, pass, to] = process.argv;
const door = (port, secure, more) => nodemailer.createTransport({
    host: "127.0.0.1", port: Number(port), secure, requireTLS: true, name: "may.test",
    auth: { user, pass }, tls: { rejectUnauthorized: false }, ...more });
const letter = (subject, more) => ({
    from: { name: "Trần Văn Anh", address: user }, to, subject, text: "Kính gửi đồng chí.\n.\n..hết\n", ...more });

async function main() {
    const said = {};
    const plain = door(submission, false);
    said.verified = await plain.verify();
    const sent = await plain.sendMail(letter("Báo cáo quý III của Sở Thông tin và Truyền thông tỉnh Bắc Ninh", {
        html: "<p>Kính gửi <b>đồng chí</b>.</p>",
        attachments: [{ filename: "Kế hoạch số 12.pdf", content: Buffer.alloc(3_000_000, "x") }] }));
    said.answer = sent.response;
    const pool = door(submissions, true, { pool: true, maxConnections: 3 });
    const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => pool.sendMail(letter(`thu ${n}`))));
    said.pooled = answers.filter((a) => a.response.startsWith("250 ")).length;
    pool.close();
    const some = await plain.sendMail(letter("một người không có", { to: `${to}, khongco.stttt@bacninh.gov.vn` }));
    said.refused = some.rejected;
    try {
        await plain.sendMail(letter("giả danh", { from: to }));
    } catch (error) {
        said.forged = error.responseCode;
    }
    try {
        await door(submissions, true, { auth: { user, pass: "sai" } }).verify();
    } catch (error) {
        said.wrong = error.code;
    }
    console.log(JSON.stringify(said));
}

main().catch((error) => { console.error(error); process.exit(1); });
