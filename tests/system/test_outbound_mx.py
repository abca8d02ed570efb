"""Whose servers mail goes to: MX and what stands in its place, and DNS that fails."""

import pytest

from harness.dns import Dns
from harness.farend import FarEnd
from harness.outbound import settled, submit, tried


def zone(**more):
    known = {"mx.mot.vn": {"A": ["127.0.0.1"]}, "hai.mot.vn": {"A": ["127.0.0.2"]}}
    known.update({name.replace("_", "."): records for name, records in more.items()})
    return known


# RFC 5321 5.1
def test_the_better_server_gets_the_mail_and_the_other_one_when_it_is_away(out):
    records = zone(mot_vn={"MX": [(20, "hai.mot.vn"), (10, "mx.mot.vn")]},
                   ba_vn={"MX": [(10, "tat.mot.vn"), (20, "hai.mot.vn")]},
                   tat_mot_vn={"A": ["127.0.0.3"]})
    with FarEnd() as one, FarEnd(address="127.0.0.2", port=one.port) as other, Dns(records) as dns:
        office = out(dns=dns.where, port=one.port)
        settled(office, submit(office, "a@mot.vn"))
        assert (len(one.messages), len(other.messages)) == (1, 0)
        found = settled(office, submit(office, "a@ba.vn"))
        assert "hai.mot.vn [127.0.0.2]" in found["a@ba.vn"]["remote"]
        assert len(other.messages) == 1


def test_a_domain_without_mx_is_its_own_server_over_ipv6_too(out):
    records = zone(tran_vn={"A": ["127.0.0.1"]}, sau_vn={"MX": [(5, "mx6.sau.vn")]},
                   mx6_sau_vn={"AAAA": ["::1"]}, bidanh_vn={"MX": [(5, "ten.bidanh.vn")]},
                   ten_bidanh_vn={"CNAME": "mx.mot.vn"})
    with FarEnd() as four, FarEnd(address="::1", port=four.port) as six, Dns(records) as dns:
        office = out(dns=dns.where, port=four.port)
        assert settled(office, submit(office, "a@tran.vn"))["a@tran.vn"]["result"] == "delivered"
        found = settled(office, submit(office, "a@sau.vn"))["a@sau.vn"]
        assert "[::1]" in found["remote"] and len(six.messages) == 1
        found = settled(office, submit(office, "a@bidanh.vn"))["a@bidanh.vn"]
        assert found["result"] == "delivered" and len(four.messages) == 2
        found = settled(office, submit(office, "a@[127.0.0.1]"))["a@[127.0.0.1]"]
        assert found["result"] == "delivered" and len(four.messages) == 3


# RFC 7505
@pytest.mark.parametrize("domain, status", [
    ("nhan.vn", "5.1.10"), ("khongco.vn", "5.1.2"), ("rong.vn", "5.4.4"),
    ("vong.vn", "5.4.6")])
def test_mail_that_can_never_be_sent_fails_at_once(out, domain, status):
    records = zone(nhan_vn={"MX": [(0, ".")]}, rong_vn={"MX": [(10, "cut.rong.vn")]},
                   cut_rong_vn={"TXT": ["x"]},
                   vong_vn={"MX": [(10, "mail.bacninh.gov.vn"), (20, "mx.mot.vn")]})
    with FarEnd() as far, Dns(records) as dns:
        office = out(dns=dns.where, port=far.port)
        found = settled(office, submit(office, f"a@{domain}"))[f"a@{domain}"]
        assert (found["result"], found["status"]) == ("failed", status)
        assert far.messages == []


@pytest.mark.parametrize("trouble", ["SERVFAIL", "loop", "address"])
def test_dns_that_fails_puts_mail_off_and_delays_no_other(out, trouble):
    records = zone(kem_vn="SERVFAIL", tot_vn={"MX": [(10, "mx.mot.vn")]})
    if trouble == "loop":
        records.update({"kem.vn": {"CNAME": "a.kem.vn"}, "a.kem.vn": {"CNAME": "kem.vn"}})
    if trouble == "address":
        records.update({"kem.vn": {"MX": [(10, "mx.kem.vn")]}, "mx.kem.vn": "SERVFAIL"})
    with FarEnd() as far, Dns(records) as dns:
        office = out(dns=dns.where, port=far.port, retry_first=1)
        number = submit(office, "a@kem.vn")
        settled(office, submit(office, "a@tot.vn"))
        waiting = tried(office, number, "a@kem.vn", seconds=60)
        assert waiting["result"] == "waiting" and "looking up" in waiting["answer"]
        dns.zone["kem.vn"] = {"MX": [(10, "mx.mot.vn")]}


def test_a_name_server_that_never_answers_delays_no_other(out):
    with FarEnd() as far, Dns(zone(cam_vn="TIMEOUT", tot_vn={"MX": [(10, "mx.mot.vn")]})) \
            as dns:
        office = out(dns=dns.where, port=far.port)
        submit(office, "a@cam.vn")
        found = settled(office, submit(office, "a@tot.vn"), 10)
        assert found["a@tot.vn"]["result"] == "delivered"

