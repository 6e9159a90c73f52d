import type { Metadata } from "next";
import Link from "next/link";
import { site } from "@/text/site";

const { title, heading, text, link, afterLink } = site.notFound;

export const metadata: Metadata = { title };

export default function NotFound() {
  return (
    <article className="prose">
      <h1>{heading}</h1>
      <p>
        {text}{" "}
        <Link href="/" prefetch={false}>
          {link}
        </Link>{" "}
        {afterLink}
      </p>
    </article>
  );
}
