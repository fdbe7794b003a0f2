/** Corefiles as clusters have them, and as nobody should. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCorefile } from '../../../src/config/corefile.ts';
import { forwardsOf, parseUpstreamDns } from '../../../src/config/upstream-dns.ts';
import { UsageError } from '../../../src/config/values.ts';
import { forwardOf } from '../../../src/model/forward.ts';

const RESOLV_CONF = 'search corp.example\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n';

/** Which resolvers a name is forwarded to. */
function askedFor(name: string, corefile: string, files: Record<string, string> = {}): string[] {
  const { forwards } = forwardsOf({ Corefile: corefile }, files, RESOLV_CONF);
  return (forwardOf(forwards, name)?.servers ?? []).map(({ label }) => label);
}

const NODE = ['192.0.2.53:53', '[2001:db8::53]:53'];

const KUBEADM = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success cluster.local
       disable denial cluster.local
    }
    loop
    reload
    loadbalance
}
`;

const K3S = `.:53 {
    errors
    health
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
      pods insecure
      fallthrough in-addr.arpa ip6.arpa
    }
    hosts /etc/coredns/NodeHosts {
      ttl 60
      reload 15s
      fallthrough
    }
    prometheus :9153
    cache 30
    loop
    reload
    loadbalance
    import /etc/coredns/custom/*.override
    forward . /etc/resolv.conf
}
import /etc/coredns/custom/*.server
`;

/** What Azure writes; its own comments are in it. */
const AKS = `.:53 {
    errors
    ready
    health {
      lameduck 5s
    }
    kubernetes cluster.local in-addr.arpa ip6.arpa {
      pods insecure
      fallthrough in-addr.arpa ip6.arpa
      ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf
    cache 30
    loop
    reload
    loadbalance
    import custom/*.override
    template ANY ANY internal.cloudapp.net {
      match "^(?:[^.]+\\.){4,}internal\\.cloudapp\\.net\\.$"
      rcode NXDOMAIN
      fallthrough
    }
    template ANY ANY reddog.microsoft.com {
      rcode NXDOMAIN
    }
}
import custom/*.server
`;

const AKS_CUSTOM = {
  'corp.server': `corp.example:53 {
    errors
    cache 30
    forward . 10.1.0.1 10.1.0.2:5353
}
`,
  'log.override': 'log\n',
};

const OPENSHIFT = `# corp
corp.example:5353 {
    prometheus 127.0.0.1:9153
    forward . 10.1.0.1 {
        policy random
    }
    errors
    log . {
        class error
    }
    bufsize 1232
    cache 900 {
        denial 9984 30
    }
}
.:5353 {
    bufsize 1232
    errors
    log . {
        class error
    }
    health {
        lameduck 20s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
    }
    prometheus 127.0.0.1:9153
    forward . /etc/resolv.conf {
        policy sequential
    }
    cache 900 {
        denial 9984 30
    }
    reload
}
hostname.bind:5353 {
    chaos
}
`;

describe('the Corefile of', () => {
  it.each([
    ['kubeadm', KUBEADM],
    ['k3s', K3S],
    ['AKS', AKS],
    ['OpenShift', OPENSHIFT],
  ])('%s forwards to the resolvers of the node', (_, corefile) => {
    expect(askedFor('db.example.net', corefile)).toEqual(NODE);
  });

  it('AKS and k3s has zones in a ConfigMap of its own', () => {
    for (const corefile of [AKS, K3S]) {
      expect(askedFor('db.corp.example', corefile, AKS_CUSTOM)).toEqual([
        '10.1.0.1:53',
        '10.1.0.2:5353',
      ]);
      expect(askedFor('db.example', corefile, AKS_CUSTOM)).toEqual(NODE);
      expect(askedFor('db.corp.example', corefile)).toEqual(NODE);
    }
  });

  it('OpenShift has a block for each zone', () => {
    expect(askedFor('a.corp.example', OPENSHIFT)).toEqual(['10.1.0.1:53']);
    expect(askedFor('corp.example', OPENSHIFT)).toEqual(['10.1.0.1:53']);
    expect(askedFor('notcorp.example', OPENSHIFT)).toEqual(NODE);
    expect(askedFor('a.hostname.bind', OPENSHIFT)).toEqual([]);
  });

  it('kube-dns is JSON in a ConfigMap', () => {
    const data = {
      stubDomains: '{"corp.example": ["10.1.0.1", "10.1.0.2:5353", "ns.corp.example"]}',
      upstreamNameservers: '["8.8.8.8"]',
    };
    const { forwards, notes } = forwardsOf(data);
    expect(forwardOf(forwards, 'a.corp.example')?.servers.map(({ label }) => label)).toEqual([
      '10.1.0.1:53',
      '10.1.0.2:5353',
    ]);
    expect(forwardOf(forwards, 'a.example')?.servers.map(({ label }) => label)).toEqual([
      '8.8.8.8:53',
    ]);
    expect(notes).toEqual(['"ns.corp.example" is not queried: it is no address']);
    // GKE writes neither.
    expect(forwardOf(forwardsOf({}, {}, RESOLV_CONF).forwards, 'a.example')?.servers).toHaveLength(
      2,
    );
    expect(forwardsOf({ stubDomains: '[', upstreamNameservers: '7' }).forwards).toHaveLength(1);
  });
});

describe('a Corefile', () => {
  it('gives a name to the first forward of its block that takes it', () => {
    const corefile = `. {
      forward corp.example 10.1.0.1 {
        except lab.corp.example # not there
      }
      forward . 10.0.0.2 10.0.0.3:5353 [2001:db8::1]:54 2001:db8::2 dns://10.0.0.4
      forward late.example 10.2.0.1
    }`;
    expect(askedFor('a.corp.example', corefile)).toEqual(['10.1.0.1:53']);
    const others = [
      '10.0.0.2:53',
      '10.0.0.3:5353',
      '[2001:db8::1]:54',
      '[2001:db8::2]:53',
      '10.0.0.4:53',
    ];
    expect(askedFor('a.lab.corp.example', corefile)).toEqual(others);
    expect(askedFor('late.example', corefile)).toEqual(others);
  });

  it('says nothing of names that a block does not forward', () => {
    const corefile = 'cluster.local {\nkubernetes\n}\n. {\nforward . 10.0.0.2\n}\n';
    expect(askedFor('a.svc.cluster.local', corefile)).toEqual([]);
    expect(askedFor('a.example', corefile)).toEqual(['10.0.0.2:53']);
  });

  it('may have several zones in a block, snippets, quotes, comments, and no braces', () => {
    expect(
      askedFor(
        'a.b.example',
        '(up) {\nforward . 10.0.0.9 # all\n}\na.example,\n  B.example.:53 dns://c.example {\n import up\n}\n',
      ),
    ).toEqual(['10.0.0.9:53']);
    expect(askedFor('a.example', '.\nerrors\n"forward" . "10.0.0.9"')).toEqual(['10.0.0.9:53']);
    expect(askedFor('a.example', '. { forward . 10.0.0.9 }')).toEqual(['10.0.0.9:53']);
    expect(askedFor('a.example', '.:53 {\r\n\tforward . 10.0.0.9\r\n}\r\n')).toEqual([
      '10.0.0.9:53',
    ]);
    expect(askedFor('a.example', '. {\nproxy . 10.0.0.9\n}')).toEqual(['10.0.0.9:53']);
    // The block for another port is not what pods ask.
    const ports = '.:53 {\nforward . 10.0.0.9\n}\n.:9153 {\nforward . 10.0.0.1\n}';
    expect(askedFor('a.example', ports)).toEqual(['10.0.0.9:53']);
  });

  it('has the names of certificates of resolvers over TLS, in a line or for each', () => {
    const corefile = `. {
      forward . tls://1.1.1.1 tls://[2606:4700:4700::1111]:8853 10.0.0.2 tls://2001:db8::1 {
        tls_servername cloudflare-dns.com
      }
    }
    corp.example {
      forward . tls://9.9.9.9 tls://149.112.112.112%dns.quad9.net:8853 tls://[2620:fe::fe%dns.quad9.net]:853
    }`;
    const { forwards, notes } = forwardsOf({ Corefile: corefile });
    const found = forwards.map(({ servers }) =>
      servers.map(({ label, port, tls }) => [label, port, tls]),
    );
    const cloudflare = { name: 'cloudflare-dns.com' };
    const quad9 = { name: 'dns.quad9.net' };
    expect(found).toEqual([
      [
        ['tls://1.1.1.1:853', 853, cloudflare],
        ['tls://[2606:4700:4700::1111]:8853', 8853, cloudflare],
        ['10.0.0.2:53', 53, undefined],
        ['tls://[2001:db8::1]:853', 853, cloudflare],
      ],
      [
        ['tls://9.9.9.9:853', 853, {}],
        ['tls://149.112.112.112:8853', 8853, quad9],
        ['tls://[2620:fe::fe]:853', 853, quad9],
      ],
    ]);
    expect(notes).toEqual([]);
  });

  it('says what is not asked, and why', () => {
    const corefile =
      '. {\nforward . /etc/resolv.conf https://9.9.9.9 tls://9.9.9.9%_ {$UPSTREAM} dns.example.com 10.0.0.2\n}\nimport x/a.server\nimport y/*.server';
    const { forwards, notes, missing } = forwardsOf({ Corefile: corefile });
    expect(missing).toEqual(['x/a.server', 'y/*.server']);
    expect(forwards[0]?.servers.map(({ label }) => label)).toEqual(['10.0.0.2:53']);
    expect(notes).toEqual([
      'the Corefile imports "x/a.server", which cannot be read',
      "the node's /etc/resolv.conf is not known: see --upstream-resolv-conf",
      '"https://9.9.9.9" is not queried: it is neither plain DNS nor DNS over TLS',
      '"tls://9.9.9.9%_" is not queried: it is no address',
      '"{$UPSTREAM}" is not queried: it is no address',
      '"dns.example.com" is not queried: it is no address',
    ]);
  });

  it('that imports itself ends', () => {
    const files = { 'a.server': 'import a.server\nimport a.server\n. {\nforward . 10.0.0.2\n}' };
    expect(parseCorefile('import a.server', files).blocks.length).toBeGreaterThan(0);
    const snippet = '(a) {\nimport a\nimport a\nimport a\nimport a\n}\n. {\nimport a\n}';
    expect(parseCorefile(snippet).blocks).toHaveLength(1);
  });

  it('may be anything', () => {
    const words = fc.constantFrom(
      ...['.', '{', '}', '"', '\\', '#', '\n', ' ', ',', '(a)', 'import', 'a', 'forward', 'x.y:53'],
      ...[
        '10.0.0.1',
        '/etc/resolv.conf',
        'except',
        'tls://',
        'tls://9.9.9.9%a.b',
        'tls_servername',
        '{$A}',
        '\u0000',
        'ü',
        '*',
      ],
    );
    const text = fc.array(words, { maxLength: 60 }).map((all) => all.join(' '));
    fc.assert(
      fc.property(text, text, (corefile, file) => {
        const { forwards, notes } = forwardsOf({ Corefile: corefile }, { a: file }, RESOLV_CONF);
        expect(notes.length).toBeLessThanOrEqual(10);
        forwardOf(forwards, 'a.x.y');
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['braces', '{\n'],
    ['quotes', '"\n'],
    ['blocks', 'a {\n}\n'],
    ['imports', 'import a\n'],
    ['forwards', 'forward . 10.0.0.1 {\n'],
    ['keys', 'a,'],
    ['words', 'a '],
  ])('of a megabyte of %s takes no time', (_, piece) => {
    const text = piece.repeat(Math.floor(1_048_576 / piece.length));
    const start = performance.now();
    forwardsOf({ Corefile: text }, { a: text });
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

describe('--upstream-dns', () => {
  it('is auto, off or addresses', () => {
    expect(parseUpstreamDns('auto')).toBe('auto');
    expect(parseUpstreamDns('off')).toBe('off');
    expect(parseUpstreamDns('10.0.0.2,[2001:db8::1]:54')).toHaveLength(2);
    expect(parseUpstreamDns('tls://9.9.9.9#dns.quad9.net')).toMatchObject([
      { port: 853, tls: { name: 'dns.quad9.net' } },
    ]);
    expect(() => parseUpstreamDns('yes')).toThrow(UsageError);
    expect(() => parseUpstreamDns('yes')).toThrow(/auto, off, or addresses/);
  });
});
