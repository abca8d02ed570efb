/* A browser's description of itself in words that a person knows again; '' when it says nothing. */
export function browserOf(agent: string): string {
  const name =
    /\bEdg\//.test(agent) ? 'Edge'
    : /\bcoc_coc_browser\//.test(agent) ? 'Cốc Cốc'
    : /\bFirefox\//.test(agent) ? 'Firefox'
    : /\bOPR\//.test(agent) ? 'Opera'
    : /\bChrom(e|ium)\//.test(agent) ? 'Chrome'
    : /\bSafari\//.test(agent) ? 'Safari'
    : '';
  const system =
    /\bAndroid\b/.test(agent) ? 'Android'
    : /\b(iPhone|iPad)\b/.test(agent) ? 'iPhone, iPad'
    : /\bWindows\b/.test(agent) ? 'Windows'
    : /\bMac OS X\b/.test(agent) ? 'macOS'
    : /\bLinux\b/.test(agent) ? 'Linux'
    : '';
  return [name || agent.split(/[\s/]/)[0]!.slice(0, 40), system].filter((part) => part !== '').join(' – ');
}
