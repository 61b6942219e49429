"""Subtitle files: the video that one belongs to, by its name, and its text as WebVTT, the form that browsers show.

A person waits while a file is converted, and anybody may have written it. So every reader takes a time in proportion
to the file's size, whatever it holds, and skips a line that it cannot read instead of giving up the file.
"""
