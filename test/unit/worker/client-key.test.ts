import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clientKeyOf } from "../../../worker/domain/client-key.ts";

describe("[T22] a client is an IPv4 address or an IPv6 /64", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:db8:0:0:1::", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["::", "0:0:0:0::/64"],
    ["1:2:3:4:5:6:7::", "1:2:3:4::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["0:0:0:0:0:FFFF:192.0.2.1", "192.0.2.1"],
    ["local", "local"],
    ["1:2:3", "1:2:3"],
    ["1::2::3", "1::2::3"],
    ["nonsense:", "nonsense:"],
  ])("%s is %s", (ip, key) => {
    expect(clientKeyOf(ip)).toBe(key);
  });

  test("all addresses of one /64 are one client, of two networks two", () => {
    const group = fc.nat(0xffff);
    const network = fc.tuple(group, group, group, group);
    fc.assert(
      fc.property(network, network, fc.tuple(group, group, group, group), fc.boolean(), (one, other, host, isPadded) => {
        const write = (groups: number[]) => groups.map((n) => n.toString(16).padStart(isPadded ? 4 : 1, "0")).join(":");
        const key = clientKeyOf(write([...one, ...host]));
        expect(key).toBe(clientKeyOf(`${write(one)}::`));
        expect(key === clientKeyOf(write([...other, 0, 0, 0, 1]))).toBe(String(one) === String(other));
      }),
    );
  });
});
