"use client";

import { site } from "@/text/site";

const { heading, text, retry } = site.error;

/** Shown instead of a page that threw an error while it rendered. */
export default function ErrorPage({ reset }: { readonly reset: () => void }) {
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
