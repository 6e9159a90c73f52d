import type { Metadata } from "next";
import Link from "next/link";
import { Fragment } from "react";
import { about } from "@/text/about";
import { PreprocessingFigures } from "@/features/site/PreprocessingFigures";

export const metadata: Metadata = { title: about.title, description: about.description };

export default function AboutPage() {
  return (
    <article className="prose">
      <h1>{about.heading}</h1>
      <p className="lead">{about.lead}</p>
      <PreprocessingFigures />
      {about.sections.map(({ heading, text }) => (
        <Fragment key={heading}>
          <h2>{heading}</h2>
          <p>{text}</p>
        </Fragment>
      ))}
      <p>
        <Link href="/" prefetch={false}>
          {about.link}
        </Link>
      </p>
      <p className="fine">{about.fine}</p>
    </article>
  );
}
