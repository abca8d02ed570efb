/* A small province for the front end's own tests: people, letters, folders. Made by a fixed rule, so
 * that every run and every picture shows the same. */

export const DOMAIN = 'bacninh.gov.vn';
export const ME = { name: 'Trần Văn Anh', email: `tvanh.stttt@${DOMAIN}` };
export const UNIT = { name: 'Sở Thông tin và Truyền thông', email: `stttt@${DOMAIN}` };

export const PEOPLE = [
  ['Nguyễn Thị Bình', 'ntbinh.stttt', 'Chuyên viên', 'Sở Thông tin và Truyền thông'],
  ['Lê Hoàng Minh', 'lhminh.snv', 'Trưởng phòng', 'Sở Nội vụ'],
  ['Phạm Thu Hà', 'ptha.vpubnd', 'Phó Chánh Văn phòng', 'Văn phòng UBND tỉnh'],
  ['Đặng Quốc Đạt', 'dqdat.yenphong', 'Chánh Văn phòng', 'UBND huyện Yên Phong'],
  ['Vũ Ngọc Ánh', 'vnanh.stc', 'Chuyên viên', 'Sở Tài chính'],
  ['Nguyễn Văn Bình', 'nvbinh.snnptnt', 'Phó Giám đốc', 'Sở Nông nghiệp và PTNT'],
  ['Hoàng Thị Yến', 'htyen.tpbacninh', 'Văn thư', 'UBND thành phố Bắc Ninh'],
  ['Ngô Đức Thắng', 'ndthang.tuson', 'Chủ tịch', 'UBND thành phố Từ Sơn'],
  ['Bùi Thanh Tùng', 'bttung.ttcnttt', 'Kỹ thuật viên', 'Trung tâm CNTT và Truyền thông'],
].map(([name, local, post, unit]) => ({ name, email: `${local}@${DOMAIN}`, post, unit }));

const SUBJECTS = [
  'Mời họp giao ban công tác chuyển đổi số quý III',
  'V/v góp ý dự thảo Kế hoạch ứng dụng công nghệ thông tin năm 2023',
  'Báo cáo tình hình sử dụng thư điện tử công vụ 6 tháng đầu năm',
  'Đề nghị cấp mới tài khoản thư điện tử công vụ',
  'Lịch công tác tuần 24 của Lãnh đạo Sở',
  'Thông báo tạm ngừng dịch vụ để bảo trì hệ thống',
  'Tài liệu tập huấn kỹ năng an toàn thông tin',
  'V/v rà soát, cập nhật danh bạ thư điện tử công vụ',
  'Phân công trực bảo đảm an toàn thông tin dịp nghỉ lễ',
  'Giấy mời dự hội nghị sơ kết cải cách hành chính',
];
const TEXTS = [
  'Kính gửi các đồng chí,\n\nSở Thông tin và Truyền thông kính mời các đồng chí dự họp giao ban công tác chuyển đổi số quý III.\n\nThời gian: 08 giờ 00 ngày 20/6/2022 (thứ hai).\nĐịa điểm: Phòng họp tầng 3, trụ sở Sở.\n\nĐề nghị các đồng chí chuẩn bị báo cáo theo đề cương tại https://stttt.bacninh.gov.vn/de-cuong và gửi về ntbinh.stttt@bacninh.gov.vn trước ngày 17/6/2022.\n\nTrân trọng./.',
  'Thực hiện ý kiến chỉ đạo của Ủy ban nhân dân tỉnh, đề nghị cơ quan, đơn vị nghiên cứu và có ý kiến góp ý bằng văn bản, gửi về Sở trước ngày 25/6/2022 để tổng hợp.\n\nTrân trọng./.',
  'Gửi anh/chị số liệu 6 tháng đầu năm. Các đơn vị chưa có báo cáo: UBND huyện Quế Võ, Sở Xây dựng.\n\nĐề nghị rà soát lại trước khi ký.',
];
const HTML = `<html><head><style>.k{color:#1f5fbf}</style></head><body style="font-family:Arial">
<p>Kính gửi: <b>Sở Thông tin và Truyền thông</b></p>
<p class="k">Thông tin về gói hỗ trợ phần mềm năm 2022:</p>
<table border="1" cellpadding="6" style="border-collapse:collapse"><tr style="background:#eee"><th>STT</th><th>Nội dung</th><th>Thời gian</th></tr>
<tr><td>1</td><td>Cập nhật bản vá</td><td>15/6/2022</td></tr><tr><td>2</td><td>Đào tạo người dùng</td><td>22/6/2022</td></tr></table>
<p><img src="https://anh.example.com/banner.png" width="300" alt="Biểu ngữ"></p>
<p>Xem chi tiết tại <a href="https://www.example.com/ho-tro?id=1">trang hỗ trợ</a>.</p>
<script>parent.document.title='hỏng'</script><img src=x onerror="parent.document.title='hỏng'"></body></html>`;

export const BOXES = [
  ['inbox', 'INBOX', 'inbox'], ['drafts', 'Drafts', 'drafts'], ['sent', 'Sent', 'sent'],
  ['archive', 'Archive', 'archive'], ['junk', 'Junk', 'junk'], ['trash', 'Trash', 'trash'],
  ['f1', 'Chuyển đổi số', null], ['f2', 'Văn bản đến 2022', null], ['f3', 'Tập huấn', null, 'f1'],
];

const NOW = Date.now();
const HOUR = 3_600_000;

/* Newest first; `count` letters in the inbox. */
export function letters(account, count) {
  const emails = [];
  for (let i = 0; i < count; i++) {
    const outside = i === 2;
    const from = outside
      ? { name: 'Công ty Phần mềm Sao Mai', email: 'hotro@saomai.example.com' }
      : i === 6 ? { name: 'giamdoc@bacninh.gov.vn', email: 'giamdoc@thu-cong-vu.example.net' }
      : PEOPLE[(i * 4) % PEOPLE.length];
    const ago = i < 4 ? i * 0.7 * HOUR : (i - 3) * 7.3 * HOUR;
    emails.push({
      from, to: [account, ...(i % 3 === 0 ? [PEOPLE[(i + 1) % PEOPLE.length]] : [])],
      cc: i % 4 === 0 ? [PEOPLE[(i + 2) % PEOPLE.length]] : null,
      subject: outside ? 'Chương trình hỗ trợ phần mềm năm 2022'
        : i === 6 ? 'Xác nhận mật khẩu hộp thư trước 17 giờ'
        : `${i % 7 === 3 ? 'RE: ' : ''}${SUBJECTS[(i * 3) % SUBJECTS.length]}`,
      text: i === 3 ? `Tôi đồng ý với nội dung này.\n\nLúc 08:05 ngày 13/06/2022, Lê Hoàng Minh <lhminh.snv@${DOMAIN}> đã viết:\n> ${TEXTS[1].replace(/\n/g, '\n> ')}\n> một\n> hai\n> ba` : TEXTS[i % TEXTS.length],
      html: outside ? HTML : null,
      auth: i === 6 ? ['mail.bacninh.gov.vn; spf=fail smtp.mailfrom=thu-cong-vu.example.net; dmarc=fail'] : [],
      attachments: i % 5 === 0 ? [
        { name: 'Giấy mời số 125-GM-STTTT.pdf', type: 'application/pdf', size: 348_211 },
        { name: 'De cuong bao cao.docx', type: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', size: 1_834_567 },
      ] : [],
      keywords: { ...(i > 4 && i % 6 !== 0 ? { $seen: true } : {}), ...(i % 9 === 4 ? { $flagged: true } : {}), ...(i % 8 === 5 ? { $answered: true } : {}) },
      receivedAt: new Date(NOW - ago).toISOString().replace(/\.\d+/, ''),
      thread: i % 7 === 3 ? `T${i - 3}` : `T${i}`,
    });
  }
  return emails;
}
