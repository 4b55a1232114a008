// A mail as it will look, in a frame that can do nothing: no scripts, no requests, a foreign origin.
import { useEffect, useId, useRef, useState } from "react";

import { currentCsrfToken } from "../../api/client";

interface PreviewFrameProps {
  html: string;
  /** CSS pixels: the width of the screen that is looked at. */
  width: number;
  height: number;
  title: string;
}

/** Posts the HTML to a fresh frame for every version, so that the browser's history gets no entries; shows it once it is there. */
export function PreviewFrame({ html, width, height, title }: PreviewFrameProps) {
  const name = useId();
  const holder = useRef<HTMLDivElement>(null);
  const [available, setAvailable] = useState(width);
  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const frame = document.createElement("iframe");
    frame.name = `${name}-${Math.random()}`;
    frame.title = title;
    frame.setAttribute("sandbox", "");
    frame.className = "preview-frame";
    frame.hidden = element.childElementCount > 0;
    let posted = false;
    frame.onload = () => {
      if (!posted) return; // the empty document that a frame begins with
      frame.hidden = false;
      for (const old of [...element.children]) if (old !== frame) old.remove();
    };
    element.append(frame);
    posted = true;
    post(frame.name, html);
    return () => {
      if (frame.hidden) frame.remove();
    };
  }, [html, name, title]);
  useEffect(() => {
    const element = holder.current?.parentElement;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => entry && setAvailable(entry.contentRect.width));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const scale = Math.min(1, available / width);
  return (
    <div className="preview-stage" style={{ height }}>
      <div ref={holder} className="preview-holder" style={{ width, height: height / scale, transform: `scale(${scale})` }} />
    </div>
  );
}

/** A form, because only a navigation gives the frame the policy of its own answer. */
function post(target: string, html: string): void {
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/preview-frame";
  form.target = target;
  form.enctype = "multipart/form-data";
  form.hidden = true;
  for (const [field, value] of [["csrf", currentCsrfToken()], ["html", html]] as const) {
    const input = document.createElement("textarea");
    input.name = field;
    input.value = value;
    form.append(input);
  }
  document.body.append(form);
  form.submit();
  form.remove();
}
