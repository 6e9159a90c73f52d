"use client";

import { site } from "@/text/site";

const { heading, text, retry } = site.broken;

/** In the place of a page that broke while it was rendered. */
export default function Broken({ reset }: { readonly reset: () => void }) {
  return (
    <div className="prose" role="alert">
      <h1>{heading}</h1>
      <p>{text}</p>
      <button type="button" className="button" onClick={reset}>
        {retry}
      </button>
    </div>
  );
}
